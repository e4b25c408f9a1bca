/** Half a surrogate pair is no text to a server: it refuses the JSON, and with it every other change of the transaction. */
function replaceHalfPairs(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(/\p{Surrogate}/gu, '\ufffd') : value;
}

/** JSON text that every server takes, of values that come from outside. */
export function toStoredJson(value: unknown): string {
  return JSON.stringify(value, replaceHalfPairs);
}
