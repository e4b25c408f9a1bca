export function createTypes(document: object): Promise<string>;
