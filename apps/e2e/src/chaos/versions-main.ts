/**
 * npm run chaos:versions -- <commit>: F28 with two versions. A whole Baton of an earlier commit is replaced by this one, process
 * by process, APIs first, while pipelines run: nothing is lost, and nothing starts twice. Ends with status 1 where that is not so.
 */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFaultScene, type FaultScene } from '../faults/fault-scene.ts';
import { putLayers, startWhile } from '../faults/layers-under-load.ts';
import { ROOT } from '../read-sources.ts';
import { listTracks } from '../testing/call-api.ts';
import { buildCommit } from './check-out.ts';

const KINDS = ['api', 'orchestrator', 'worker'] as const;
const LAYERS = 3;
const WIDTH = 4;

const [commit] = process.argv.slice(2);
if (commit === undefined) throw new Error('expected a commit: npm run chaos:versions -- <commit>');

const directory = await mkdtemp(path.join(tmpdir(), 'baton-versions-'));
try {
  const old = path.join(directory, 'old');
  await buildCommit(commit, old);
  const appsDirectory = path.join(directory, 'apps');
  await mkdir(appsDirectory);
  for (const kind of KINDS) await symlink(path.join(old, 'apps', kind), path.join(appsDirectory, kind));
  const counts = { apis: 2, orchestrators: 2, workers: 2 };
  const environment = { BATON_DRAIN_MS: '30000' };
  const scene = await openFaultScene({ ...counts, ownServers: true, isEmpty: true, appsDirectory, environment });
  const problems = await replaceUnderLoad(scene, appsDirectory).finally(() => scene.stack.stop());
  for (const problem of problems) console.log(problem);
  if (problems.length > 0) process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** @returns what was not as promised */
async function replaceUnderLoad(scene: FaultScene, appsDirectory: string): Promise<string[]> {
  await putLayers(scene, { layers: LAYERS, width: WIDTH });
  const ids = await startWhile(scene, 'pipeline', async () => {
    for (const kind of KINDS) {
      await rm(path.join(appsDirectory, kind));
      await symlink(path.join(ROOT, 'apps', kind), path.join(appsDirectory, kind));
      for (const process of scene.stack.processes.filter((one) => one.kind === kind)) {
        await process.restart();
        console.log(`${process.name} is of this version now`);
      }
    }
  });
  const ends = await scene.waitForEnds(ids, 120_000);
  const problems = (await scene.judge()).map(({ invariant, what }) => `${invariant}: ${what}`);
  for (const [index, id] of ids.entries()) {
    if (ends[index] !== 'FINISH') problems.push(`pipeline ${id} ended as ${ends[index]}`);
    for (const { vertex, state, attempt } of await listTracks(scene.api, id)) {
      if (state !== 'SUCCEED' || attempt !== 1) problems.push(`${vertex} of ${id}: ${state} after ${attempt} attempts`);
    }
  }
  console.log(`${ids.length} pipelines of ${LAYERS * WIDTH} tracks, ${problems.length} violations`);
  return problems;
}
