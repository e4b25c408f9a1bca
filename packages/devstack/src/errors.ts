/** Why the servers or the stack could not be started. The message is for a person: what was expected, what was found, what to do. */
export class DevstackError extends Error {
  override name = 'DevstackError';
}

/** The text of anything that was thrown. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(describeError).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system or driver error (ENOENT, ER_ACCESS_DENIED_ERROR ...), or '' when there is none. */
export function findErrorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
