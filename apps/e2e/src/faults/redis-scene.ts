import { openServerScene, type ServerScene } from './server-scene.ts';

/** So many that some wait for long after the first have ended. */
const ROOTS = Array.from({ length: 16 }, (_, index) => `R${index + 1}`);

/** Of a fan: how many attempts are started where none is lost. */
export const FAN_STARTS = ROOTS.length + 2;

/** A scene with graphs for what Redis may do: `fan fail` and `fan retry` by what a lost attempt means, `chain`, and `long`. */
export async function openRedisScene(): Promise<ServerScene> {
  const scene = await openServerScene();
  const edges = [...ROOTS.map((name) => `${name}->join`), 'join->last'];
  for (const onLost of ['fail', 'retry']) {
    const roots = Object.fromEntries(ROOTS.map((name) => [name, { seconds: 0.6, onLost }]));
    await scene.makeGraph(`fan ${onLost}`, { ...roots, join: { onLost }, last: { onLost } }, edges);
  }
  await scene.makeGraph('chain', { A: 0, B: 0.3, C: 0 }, ['A->B', 'B->C']);
  await scene.makeGraph('long', { L: { seconds: 9, onLost: 'retry' } });
  return scene;
}
