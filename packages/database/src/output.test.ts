import { expect, test } from '@jest/globals';
import type { RunKey } from './claim-attempts.ts';
import { findOutputStatus, measureOutput, readOutput } from './read-output.ts';
import { storeOutput, type OutputChunk } from './store-output.ts';
import { useTestDatabase } from './testing-database.ts';
import { endAttempt, insertFlowRows } from './testing-rows.ts';

const database = useTestDatabase();

async function makeRunningAttempt(): Promise<RunKey> {
  const { trackIds, runIds } = await insertFlowRows(database, { vertices: [{ name: 'A' }], states: ['RUNNING'] });
  const [trackId = 0] = trackIds;
  return { trackId, attempt: 1, runId: runIds.get(trackId) ?? '' };
}

function chunk(attempt: RunKey, seq: number, text: string | Buffer): OutputChunk {
  return { ...attempt, seq, bytes: Buffer.from(text) };
}

async function readAll({ trackId, attempt }: RunKey): Promise<string> {
  const pieces = await readOutput(database, { trackId, attempt, afterSeq: -1, limit: 1000 });
  return Buffer.concat(pieces.map(({ bytes }) => bytes)).toString('latin1');
}

test('pieces are read in order, whatever order they came in, each once', async () => {
  const attempt = await makeRunningAttempt();
  expect(await storeOutput(database, [chunk(attempt, 2, 'c'), chunk(attempt, 0, 'a')])).toEqual([]);
  expect(await storeOutput(database, [chunk(attempt, 1, 'b'), chunk(attempt, 2, 'OTHER')])).toEqual([]);
  expect(await readAll(attempt)).toBe('abc');
  expect(await measureOutput(database, attempt.trackId, 1)).toEqual([0, 1, 2].map((seq) => ({ seq, byteCount: 1 })));
});

test('bytes stay as they are, and a batch larger than a packet is stored', async () => {
  const attempt = await makeRunningAttempt();
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const large = Buffer.alloc(1024 * 1024, 0xff);
  await storeOutput(database, [
    chunk(attempt, 0, bytes),
    ...Array.from({ length: 9 }, (_, index) => chunk(attempt, index + 1, large)),
  ]);
  const [first] = await readOutput(database, { trackId: attempt.trackId, attempt: 1, afterSeq: -1, limit: 1 });
  expect(first?.bytes.equals(bytes)).toBe(true);
  const sizes = await measureOutput(database, attempt.trackId, 1);
  expect(sizes.reduce((sum, { byteCount }) => sum + byteCount, 0)).toBe(256 + 9 * large.length);
});

test('only the run that claimed the attempt writes, also after its end', async () => {
  const attempt = await makeRunningAttempt();
  const foreign = { ...attempt, runId: 'somebody-elses-run' };
  const future = { ...attempt, attempt: 2, runId: 'not-yet-there-at-all' };
  const unknown = { trackId: 4_194_305_000, attempt: 1, runId: 'of-no-track-at-all' };
  const refused = await storeOutput(database, [chunk(foreign, 0, 'x'), chunk(future, 0, 'x'), chunk(unknown, 0, 'x')]);
  expect(refused).toEqual([
    { runId: foreign.runId, why: 'other_run' },
    { runId: future.runId, why: 'unknown_attempt' },
    { runId: unknown.runId, why: 'unknown_attempt' },
  ]);
  expect(await readAll(attempt)).toBe('');
  await endAttempt(database, attempt);
  expect(await storeOutput(database, [chunk(attempt, 0, 'late'), chunk(foreign, 1, 'x')])).toEqual([
    { runId: foreign.runId, why: 'other_run' },
  ]);
  expect(await readAll(attempt)).toBe('late');
});

test('the output asked for is the running attempt, else the newest that printed', async () => {
  const first = await makeRunningAttempt();
  const { trackId } = first;
  expect(await findOutputStatus(database, trackId, null)).toMatchObject({
    attempt: 1,
    hasEnded: false,
    cutBytes: null,
  });
  await storeOutput(database, [chunk(first, 0, 'said')]);
  await endAttempt(database, first, 7);
  expect(await findOutputStatus(database, trackId, null)).toMatchObject({ attempt: 1, hasEnded: true, cutBytes: 7 });
  await endAttempt(database, { trackId, attempt: 2, runId: 'second-run-that-said-nothing' });
  expect(await findOutputStatus(database, trackId, null)).toMatchObject({ attempt: 1 });
  expect(await findOutputStatus(database, trackId, 2)).toMatchObject({ attempt: 2, hasEnded: true });
  expect(await findOutputStatus(database, trackId, 3)).toBeNull();
  const { trackIds } = await insertFlowRows(database, { vertices: [{ name: 'A' }] });
  expect(await findOutputStatus(database, trackIds[0] ?? 0, null)).toBeNull();
});

test('many writers of one attempt leave each piece once', async () => {
  const attempt = await makeRunningAttempt();
  const pieces = Array.from({ length: 50 }, (_, seq) => chunk(attempt, seq, `${seq};`));
  await Promise.all(
    Array.from({ length: 8 }, (_, turn) => storeOutput(database, turn % 2 ? pieces : pieces.toReversed())),
  );
  expect(await readAll(attempt)).toBe(pieces.map(({ seq }) => `${seq};`).join(''));
});
