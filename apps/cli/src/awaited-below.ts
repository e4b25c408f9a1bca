import type { Client, PipelineWhy, Track } from '@baton/client';
import { BATON } from './baton-word.ts';
import { printable } from './format.ts';

/** So many of the pipelines that tracks run are looked at: each costs a call. */
const MAX_CHILDREN = 10;
const PERSONS = ['params', 'approval', 'choice', 'decision'] as const satisfies PipelineWhy['groups'][number]['kind'][];

/** A running track, and what in the pipeline that it runs awaits a person. */
export interface AwaitedBelow {
  track: Track;
  /** `runs pipeline 9, in which 1 track waits for the approval of role:release: npx baton show 9`. */
  line: string;
}

/** What awaits a person in the pipelines that tracks run: of a map or a graph in a graph, the first few of them. */
export async function findAwaitedBelow(client: Client, tracks: readonly Track[]): Promise<AwaitedBelow[]> {
  const found: AwaitedBelow[] = [];
  const running = tracks.filter(({ state, childPipelineId }) => state === 'RUNNING' && childPipelineId !== null);
  for (const track of running.slice(0, MAX_CHILDREN)) {
    const { childPipelineId: id } = track;
    if (id === null) continue;
    const { groups } = await client.whyPipeline(id);
    const sentences = groups.filter(({ kind }) => isPersons(kind)).map(({ sentence }) => printable(sentence));
    if (sentences.length === 0) continue;
    found.push({ track, line: `runs pipeline ${id}, in which ${sentences.join('; ')}: ${BATON} show ${id}` });
  }
  return found;
}

function isPersons(kind: string): boolean {
  return PERSONS.some((one) => one === kind);
}
