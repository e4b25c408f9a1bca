import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Completion } from '@baton/domain';
import { completionKey, isCompletionSignedBy, signCompletion } from './completion-signature.ts';

const completion: Completion = {
  trackId: 4_194_305,
  attempt: 2,
  runId: 'run-0123456789abcdef',
  workerId: 'a-worker',
  outcome: 'exited',
  exitCode: 1,
  signal: null,
  detail: null,
  durationMs: 10,
  outputBytes: 20,
  cutBytes: 0,
  next: null,
};

const MUTATIONS: { [Field in keyof Completion]: Completion[Field] } = {
  trackId: 4_194_306,
  attempt: 3,
  runId: 'run-0123456789abcdeF',
  workerId: 'another-worker',
  outcome: 'timeout',
  exitCode: 0,
  signal: 'SIGKILL',
  detail: 'x',
  durationMs: 11,
  outputBytes: 21,
  cutBytes: 1,
  next: [],
};

const secret = randomBytes(32);
const key = completionKey(secret, completion);
const signature = signCompletion(key, completion);

test('a completion is accepted from the holder of its claim, whatever the order of its fields', () => {
  const reversed = Object.fromEntries(Object.entries(completion).toReversed()) as Completion;
  expect(isCompletionSignedBy(key, completion, signature)).toBe(true);
  expect(isCompletionSignedBy(key, reversed, signature)).toBe(true);
});

test.each(Object.entries(MUTATIONS))('a completion whose %s was changed is not accepted', (field, value) => {
  const changed = { ...completion, [field]: value };
  expect(isCompletionSignedBy(key, changed, signature)).toBe(false);
  expect(isCompletionSignedBy(completionKey(secret, changed), changed, signature)).toBe(false);
});

test.each([
  ['an empty one', ''],
  ['a shorter one', signature.slice(0, -1)],
  ['a longer one', `${signature}A`],
  ['one with a character of two bytes', `é${signature.slice(2)}`],
  ['one under the secret itself', signCompletion(secret.toString('base64url'), completion)],
])('another signature is not accepted: %s', (_, other) => {
  expect(isCompletionSignedBy(key, completion, other)).toBe(false);
});

test('a key fits one run of one attempt of one track of one installation', () => {
  const { trackId, attempt, runId } = completion;
  const others = [
    completionKey(randomBytes(32), completion),
    completionKey(secret, { trackId: trackId + 1, attempt, runId }),
    completionKey(secret, { trackId, attempt: attempt + 1, runId }),
    completionKey(secret, { trackId, attempt, runId: `${runId}x` }),
  ];
  expect(new Set([key, ...others]).size).toBe(5);
  for (const other of others) expect(isCompletionSignedBy(other, completion, signature)).toBe(false);
});
