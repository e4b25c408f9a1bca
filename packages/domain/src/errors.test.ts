import { expect, test } from '@jest/globals';
import { BatonError, ERROR_CATALOGUE, errorOfProblems, type ErrorCode } from './errors.ts';

test.each(Object.keys(ERROR_CATALOGUE) as ErrorCode[])('%s has the status and the title of the catalogue', (code) => {
  const error = new BatonError(code, 'what happened');
  expect(error.status).toBe(ERROR_CATALOGUE[code].status);
  expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
  expect(ERROR_CATALOGUE[code].title).toMatch(/^[A-Z].*[^.]$/);
});

test('keeps its cause and every problem', () => {
  const cause = new Error('below');
  const problems = [{ code: 'cycle', message: 'A -> B -> A', vertices: ['A', 'B', 'A'] }];
  expect(new BatonError('invalid_graph', 'two problems', { problems, cause })).toMatchObject({
    name: 'BatonError',
    message: 'two problems',
    problems,
    cause,
  });
});

test('without a cause it has none, rather than an undefined one', () => {
  expect('cause' in new BatonError('internal', 'x')).toBe(false);
  expect(new BatonError('internal', 'x').problems).toEqual([]);
});

test.each([
  [['no b'], 'expected a, found 1 problem; the first: no b'],
  [['no b', 'no c'], 'expected a, found 2 problems; the first: no b'],
])('of the problems %j it tells how many there are, and the first', (messages, detail) => {
  const problems = messages.map((message) => ({ code: 'invalid_field', message }));
  expect(errorOfProblems('invalid_request', 'expected a', problems)).toMatchObject({ message: detail, problems });
});
