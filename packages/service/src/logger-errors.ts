/**
 * What of an error goes into the log. An error of a database carries its statement and the values in it, among them
 * secret parameters and scripts; and its message quotes them ("Duplicate entry 'x'"). So nothing is logged but the few
 * fields that are named here.
 */

export interface LoggedError {
  type: string;
  message: string;
  stack?: string;
  code?: string | number;
  errno?: string | number;
  cause?: LoggedError;
  errors?: LoggedError[];
}

const MAX_CAUSES = 5;
const MAX_ERRORS = 5;
const MAX_DRIVER_MESSAGE = 200;

/** The value comes first behind a quote of any kind. */
const QUOTE = /["'`]/;

/**
 * @param error whatever was thrown
 * @param depth how many causes stand around it
 * @returns its type, message, stack, code, errno and causes; of an object that is no error, its type alone
 */
export function showError(error: unknown, depth = 0): LoggedError {
  if (typeof error !== 'object' || error === null) return { type: typeof error, message: String(error) };
  const { code, errno, cause, errors } = error as Record<string, unknown>;
  const shown: LoggedError = { type: error.constructor?.name ?? 'Object', message: messageOf(error) };
  const stack = framesOf(error);
  if (stack !== '') shown.stack = stack;
  if (isPlain(code)) shown.code = code;
  if (isPlain(errno)) shown.errno = errno;
  if (depth >= MAX_CAUSES) return shown;
  if (cause !== undefined && cause !== null) shown.cause = showError(cause, depth + 1);
  if (Array.isArray(errors)) shown.errors = errors.slice(0, MAX_ERRORS).map((one) => showError(one, MAX_CAUSES));
  return shown;
}

/** @returns the message as it may be logged: that of a database's error ends before the first value that it quotes */
export function messageOf(error: object): string {
  const { message } = error as { message?: unknown };
  if (typeof message !== 'string') return 'expected an error, found another object';
  return isOfDriver(error) ? (message.split(QUOTE, 1)[0] ?? '').slice(0, MAX_DRIVER_MESSAGE).trimEnd() : message;
}

/** The places in the code, without the lines of the message above them. */
function framesOf(error: object): string {
  const { message, stack } = error as { message?: unknown; stack?: unknown };
  if (typeof stack !== 'string') return '';
  const found = typeof message === 'string' ? stack.indexOf(message) : -1;
  const below = found < 0 ? stack : stack.slice(found + String(message).length);
  return below
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

/** Of TypeORM, with the driver's error in it, or of the driver itself. */
function isOfDriver(error: object): boolean {
  return ['driverError', 'query', 'sql', 'sqlMessage', 'sqlState'].some((name) => name in error);
}

function isPlain(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
