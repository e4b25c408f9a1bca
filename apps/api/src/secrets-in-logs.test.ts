import { createLogger } from '@baton/service';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestApi, type TestApi } from './testing.ts';

const SECRET = 'hunter2';

/** What TypeORM throws where a value does not fit: the statement, its values and the driver's message are in it. */
class QueryFailedError extends Error {
  query = `UPDATE track SET params = '${SECRET}'`;
  parameters = [SECRET];
  code = 'ER_TRUNCATED_WRONG_VALUE';
  errno = 1366;
  driverError = Object.assign(new Error(`Incorrect string value: '${SECRET}'`), { sql: this.query });
}

let api: TestApi;
const lines: string[] = [];
beforeAll(async () => {
  api = await createTestApi({
    deps: { logger: createLogger('api', 'info', { write: (line) => void lines.push(line) }) },
  });
});
afterAll(() => api.close());

test('an error of the database is answered and logged without the values of its statement', async () => {
  const { dataSource } = api.database;
  const query = dataSource.query.bind(dataSource);
  dataSource.query = () => Promise.reject(new QueryFailedError(`Incorrect string value: '${SECRET}'`));
  const { text, body } = await api.call('get', '/api/v1/graphs').expect(500);
  dataSource.query = query;
  const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(logged.find(({ event }) => event === 'request_failed')).toMatchObject({
    requestId: body.requestId,
    msg: 'Incorrect string value:',
    err: { type: 'QueryFailedError', errno: 1366, stack: expect.stringContaining('secrets-in-logs.test') },
  });
  expect(lines.join('') + text).not.toContain(SECRET);
});
