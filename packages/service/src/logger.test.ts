import { expect, test } from '@jest/globals';
import { createLogger, type Logger } from './logger.ts';

const SECRET = 'hunter2';

function createTestLogger(): { logger: Logger; text: () => string; last: () => Record<string, unknown> } {
  const lines: string[] = [];
  const logger = createLogger('test', 'debug', { write: (line) => void lines.push(line) });
  return {
    logger,
    text: () => lines.join(''),
    last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>,
  };
}

/** As TypeORM throws it: the fields of the driver's error beside the statement and its values. */
class QueryFailedError extends Error {
  query = `INSERT INTO track VALUES ('${SECRET}')`;
  parameters = [SECRET];
  driverError: Error;
  code = 'ER_DUP_ENTRY';
  errno = 1062;
  constructor(message: string) {
    super(message);
    this.driverError = Object.assign(new Error(message), { sql: this.query, sqlMessage: message });
  }
}

const MESSAGE = `Duplicate entry '${SECRET}' for key 'name'`;

test('the error of a database is logged without its statement, its values and what its message quotes', () => {
  const { logger, text, last } = createTestLogger();
  const error = new QueryFailedError(MESSAGE);
  logger.error({ event: 'request_failed', err: error });
  expect(last()).toMatchObject({
    event: 'request_failed',
    msg: 'Duplicate entry',
    err: { type: 'QueryFailedError', message: 'Duplicate entry', code: 'ER_DUP_ENTRY', errno: 1062 },
  });
  const { err } = last() as { err: { stack: string } };
  expect(Object.keys(err)).toEqual(['type', 'message', 'stack', 'code', 'errno']);
  expect(err.stack).toMatch(/^\s+at .*logger\.test/);
  logger.error(error);
  logger.child({ pipelineId: 1 }).error({ err: error });
  logger.fatal({ event: 'start_failed', err: error }, error.message);
  expect(last()).toMatchObject({ msg: 'Duplicate entry' });
  expect(text().split('\n')).toHaveLength(5);
  expect(text()).not.toContain(SECRET);
});

test('causes, aggregated errors and the errors of the driver itself are shown the same way, to a bounded depth', () => {
  const { logger, text, last } = createTestLogger();
  const { driverError } = new QueryFailedError(`Incorrect string value: "${SECRET}"\n    at ${SECRET}`);
  const cause = new AggregateError([driverError, new QueryFailedError(MESSAGE)], 'twice', { cause: driverError });
  logger.warn({ err: new Error('could not save', { cause }) }, 'trying again');
  expect(last()).toMatchObject({
    msg: 'trying again',
    err: { message: 'could not save', cause: { message: 'twice', cause: { message: 'Incorrect string value:' } } },
  });
  expect((last() as { err: { cause: { errors: object[] } } }).err.cause.errors).toHaveLength(2);
  const circular = new QueryFailedError(MESSAGE);
  circular.cause = circular;
  logger.warn({ err: circular });
  expect(text()).not.toContain(SECRET);
});

test('a driver message without a quote is cut', () => {
  const { logger, last } = createTestLogger();
  logger.error({ err: new QueryFailedError('x'.repeat(1000)) });
  expect(last()).toMatchObject({ msg: 'x'.repeat(200), err: { message: 'x'.repeat(200) } });
});

test('other errors keep their message and code; their other fields and thrown objects that are no errors stay out', () => {
  const { logger, text, last } = createTestLogger();
  const error = Object.assign(new Error("100%s 'is' too much"), { code: 'EACCES', params: SECRET });
  logger.error({ err: error });
  expect(last()).toMatchObject({ msg: error.message, err: { type: 'Error', message: error.message, code: 'EACCES' } });
  logger.error({ err: { params: SECRET } });
  logger.error({ err: Object.create(null) as object });
  logger.error({ err: 'text' });
  expect(last()).toMatchObject({ err: { type: 'string', message: 'text' } });
  expect(text()).not.toContain(SECRET);
});
