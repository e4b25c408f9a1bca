export function bundleSource(sourcePath: string): Promise<string>;
