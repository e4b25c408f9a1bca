import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitForEnd } from '../testing/call-api.ts';
import { openWorkerScene, type WorkerScene } from '../testing/worker-scene.ts';
import { inRounds, ROUNDS } from './rounds.ts';

/**
 * F24 and F25 through the whole system: what odd scripts print arrives byte for byte, and what cannot start fails once, with the
 * reason. What the runner does with each kind is in apps/worker/src/runner/runner-output.test.ts and runner-result.test.ts.
 */
let scene: WorkerScene;
beforeAll(async () => {
  scene = await openWorkerScene();
  await scene.addWorker('default');
}, 120_000);
afterAll(() => scene.stack.stop());

async function readBytes(trackId: number): Promise<Buffer> {
  const { url, token } = scene.stack;
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/api/v1/tracks/${trackId}/output`, { headers });
  return Buffer.from(await response.arrayBuffer());
}

test(
  'binary output, invalid UTF-8, megabytes without a newline, a closed stdout, all at the very end',
  inRounds(async () => {
    const all256 = 'i=0; while [ $i -lt 256 ]; do printf "\\\\$(printf %03o $i)"; i=$((i+1)); done';
    const cap = 1_000_000;
    const vertices = [
      { name: 'binary', script: all256 },
      { name: 'invalid', script: "printf 'a\\377\\300\\200\\355\\240\\200b\\342\\202'" },
      { name: 'noNewline', script: 'head -c 100000000 /dev/zero; exit 3', maxOutputBytes: cap },
      { name: 'closed', script: 'echo said; exec >&- 2>&-; exit 4' },
      { name: 'buffered', script: `awk 'BEGIN { while (i++ < 300000) printf "%07d\\n", i; exit 5 }'` },
    ].map((vertex) => ({ labels: [], allowFailure: true, ...vertex }));
    const id = await scene.start(vertices);
    expect(await waitForEnd(scene.api, id)).toMatchObject({ state: 'FINISH' });
    const tracks = await Promise.all(vertices.map(({ name }) => scene.getTrack(id, name)));
    expect(tracks.map(({ exitCode }) => exitCode)).toEqual([0, 0, 3, 4, 5]);
    const [binary, invalid, noNewline, closed, buffered] = await Promise.all(
      tracks.map((track) => readBytes(track.id)),
    );
    expect(binary).toEqual(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
    expect(invalid).toEqual(Buffer.from([0x61, 0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0x62, 0xe2, 0x82]));
    const mark = `\n[baton: ${100_000_000 - cap} bytes of output were cut here]\n`;
    expect(noNewline?.toString('latin1').replaceAll('\0', '')).toBe(mark);
    expect(noNewline).toHaveLength(cap + mark.length);
    expect(closed?.toString()).toBe('said\n');
    const lines = Array.from({ length: 300_000 }, (_, n) => `${String(n + 1).padStart(7, '0')}\n`).join('');
    expect(buffered?.toString() === lines).toBe(true);
  }),
  120_000 * ROUNDS,
);

test(
  'what cannot start, or dies of a signal, fails with the reason, and no further attempt is made unasked',
  inRounds(async () => {
    const vertices = [
      { name: 'missing', script: '#!/no/such/interpreter\n' },
      { name: 'killed', script: 'kill -SEGV $$; sleep 60' },
      { name: 'code', script: 'exit 255' },
    ].map((vertex) => ({ labels: [], ...vertex }));
    const id = await scene.start(vertices.map((vertex) => ({ ...vertex, allowFailure: true })));
    await waitForEnd(scene.api, id);
    const tracks = await Promise.all(vertices.map(({ name }) => scene.getTrack(id, name)));
    expect(tracks.map(({ state }) => state)).toEqual(['FAILED', 'FAILED', 'FAILED']);
    expect(tracks.map(({ attempts }) => attempts)).toMatchObject([
      [{ result: 'spawn_error', exitCode: null, detail: expect.stringContaining('interpreter not found') }],
      [{ result: 'signal', exitCode: null, signal: 'SEGV' }],
      [{ result: 'exit_code', exitCode: 255 }],
    ]);
  }),
  60_000 * ROUNDS,
);
