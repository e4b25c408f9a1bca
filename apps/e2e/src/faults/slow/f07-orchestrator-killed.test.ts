import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CrashPoint } from '@baton/service';
import { listTracks, waitUntil } from '../../testing/call-api.ts';
import { commitOf, linkOf, openFaultScene, type FaultScene } from '../fault-scene.ts';
import { inRounds, ROUNDS } from '../rounds.ts';

/**
 * F7: the orchestrator is killed around the commit by which a join of 16 may start, and at each other place between a write
 * and what follows it. What it had done stays, what it had not is done by its next life, and each attempt starts once.
 */
let scene: FaultScene;

const SLOTS = 20;
const PREDECESSORS = Array.from({ length: 16 }, (_, index) => `p${index}`);
/** The last of those before the join ends when it is told to. */
const GATED = 'p0';
const CHAIN = ['join', 'next', 'last'];

beforeAll(async () => {
  // What hand-over makes of it: f33-hand-over.
  scene = await openFaultScene({ workers: 1, slots: SLOTS, environment: { BATON_HAND_OVER: 'off' } });
  const { vertex } = scene;
  const gate = `while [ ! -e "${join(scene.stack.directory, 'go')}-$BATON_PIPELINE_ID" ]; do sleep 0.05; done`;
  await scene.putGraph(
    'join',
    [...PREDECESSORS, ...CHAIN].map((name) => vertex(name, { lines: name === GATED ? gate : 'true' })),
    [...PREDECESSORS.map((name) => [name, 'join'] as const), ['join', 'next'], ['next', 'last']],
  );
}, 120_000);

afterAll(() => scene.stack.stop());

const MOMENTS = [
  'orchestrator.received',
  'before the commit',
  'COMMIT in flight',
  'orchestrator.enqueued',
  'orchestrator.committed',
] as const;
type Moment = (typeof MOMENTS)[number];

/** @returns resolves when the orchestrator has been killed at that moment */
function killAt(moment: Moment): Promise<void> {
  if (moment.startsWith('orchestrator.')) return scene.stack.crashAt(moment as CrashPoint);
  const orchestrator = scene.stack.process('orchestrator');
  const when = moment === 'before the commit' ? 'before' : 'after';
  const act = (): void => orchestrator.kill('SIGKILL');
  return linkOf(orchestrator, 'mysql').intercept({ match: commitOf('predecessors_left'), when, act });
}

/**
 * What was seen as committed may have been on its way to the point where the orchestrator is to die: where it has died of that,
 * it dies once more, of what comes before the join.
 */
async function killAgain(moment: Moment, pipelineId: number): Promise<void> {
  if (moment !== 'orchestrator.committed' && moment !== 'orchestrator.enqueued') return;
  const hasEnded = async (): Promise<boolean> =>
    (await listTracks(scene.api, pipelineId)).some(({ vertex, state }) => vertex === GATED && state === 'SUCCEED');
  while (!(await hasEnded())) {
    const killed = killAt(moment);
    await scene.restartDead('orchestrator');
    await killed;
  }
}

/** A pipeline of which all is done that comes before the join, but for one track, which waits for a word. */
async function startUpToJoin(name: string): Promise<number> {
  const id = await scene.start('join', name);
  await waitUntil(
    () => listTracks(scene.api, id),
    (tracks) => tracks.filter(({ state }) => state === 'SUCCEED').length === PREDECESSORS.length - 1,
  );
  await scene.waitForLines('START', id, PREDECESSORS.length);
  return id;
}

test(
  'a join of 16 and a chain go on, whenever the orchestrator is killed',
  inRounds(async (round) => {
    const ids: number[] = [];
    let taken = Promise.resolve();
    for (const moment of MOMENTS) {
      // The next to come to that point is to be of this pipeline.
      await scene.waitForEnds(ids);
      const id = await startUpToJoin(`${moment} ${round}`);
      ids.push(id);
      const killed = killAt(moment);
      await writeFile(join(scene.stack.directory, `go-${id}`), '');
      await killed;
      await killAgain(moment, id);
      // What was committed and not enqueued is taken by the reconcile loop of the next life, which dies of it.
      if (moment === 'orchestrator.committed') taken = scene.stack.crashAt('orchestrator.taken');
      await scene.restartDead('orchestrator');
    }
    await taken;
    await scene.restartDead('orchestrator');
    expect(await scene.waitForEnds(ids)).toEqual(MOMENTS.map(() => 'FINISH'));
    const each = [...PREDECESSORS, ...CHAIN].map((vertex) => `${vertex} 1`).toSorted();
    const starts = await Promise.all(ids.map(scene.listStarts));
    expect(starts.map((started) => started.toSorted())).toEqual(ids.map(() => each));
    expect(await scene.judge()).toEqual([]);
  }),
  120_000 * ROUNDS,
);
