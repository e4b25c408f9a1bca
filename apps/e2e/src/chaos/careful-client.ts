import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiCaller } from '../testing/call-api.ts';
import { findPersonStep } from '../reference/person-step.ts';
import { shapeOf } from '../reference/scenario.ts';
import type { ChaosPlan } from './chaos-graphs.ts';
import { isPipelineEnded } from './evidence.ts';

/**
 * Who uses Baton through all faults: every call that changes something has a key of its own and is repeated, at another API,
 * until there is an answer.
 */
export interface CarefulClient {
  /** Its graph, and those that it runs. */
  putGraphs(plan: ChaosPlan): Promise<void>;
  /** @returns the pipeline's id */
  submit(plan: ChaosPlan): Promise<number>;
  /** Polls until the pipeline has ended, or the time is up: then what it was shown last. */
  follow(pipelineId: number): Promise<string | null>;
  /** Answers everything that awaits a person, as the plans say, until the time is up. */
  answerInbox(): Promise<void>;
  /** @param key none: again is the same as once */
  post<T>(path: string, body: unknown, key?: string): Promise<T>;
  get<T>(path: string): Promise<T>;
}

interface InboxItem {
  trackId: number;
  vertex: string;
  pipelineId: number;
  graph: string;
  kind: string;
}

const RETRY_MS = 200;
const POLL_MS = 700;
const INBOX_MS = 300;
/** Refusals that the caller is to blame for, and that no repetition mends. */
const isRefused = (status: number | undefined): boolean =>
  status !== undefined && status >= 400 && status < 500 && ![408, 409, 425, 429].includes(status);

/**
 * @param callers apis: all APIs, calls take turns; watched: for calls of which the answers are not to be kept
 * @param deadline nothing is asked again after it: what has no answer then throws
 */
export function createCarefulClient(
  { apis, watched }: { apis: readonly ApiCaller[]; watched: readonly ApiCaller[] },
  deadline: AbortSignal,
): CarefulClient {
  const next = takeTurns();
  const plans = new Map<string, ChaosPlan>();
  const untilAnswered = async <T>(ask: (api: ApiCaller) => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await ask(next(apis));
      } catch (error) {
        if (isRefused((error as { status?: number }).status)) throw error;
        if (deadline.aborted) throw new Error('there was no answer in time', { cause: error });
        await sleep(RETRY_MS);
      }
    }
  };
  const post = <T>(path: string, body: unknown, key?: string): Promise<T> =>
    untilAnswered((api) => api.post<T>(path, body, key === undefined ? {} : { 'Idempotency-Key': key }));
  const putGraphs = async (plan: ChaosPlan): Promise<void> => {
    for (const child of plan.children) await putGraphs(child);
    plans.set(plan.name, plan);
    await post('/graphs', plan.document, `graph-${wordOf(plan)}`);
  };
  return {
    putGraphs,
    post,
    get: (path) => untilAnswered((api) => api.get(path)),
    async submit(plan) {
      const { mode, onFailure } = plan.scenario;
      await putGraphs(plan);
      const body = { graph: plan.name, name: plan.name, mode, onFailure };
      return (await post<{ id: number }>('/pipelines', body, `start-${wordOf(plan)}`)).id;
    },
    async follow(pipelineId) {
      let state: string | null = null;
      while (!deadline.aborted) {
        state = await next(apis)
          .get<{ state: string }>(`/pipelines/${pipelineId}`)
          .then(
            (answer) => answer.state,
            () => state, // asked again
          );
        if (state !== null && isPipelineEnded(state)) return state;
        await sleep(POLL_MS);
      }
      return state;
    },
    async answerInbox() {
      const answered = new Map<string, number>();
      while (!deadline.aborted) {
        const items = await readInbox(next(watched)).catch(() => []); // asked again
        await Promise.all(items.map((item) => answerItem(next(apis), { item, plans, answered })));
        await sleep(INBOX_MS);
      }
    },
  };
}

function takeTurns(): (callers: readonly ApiCaller[]) => ApiCaller {
  let turn = 0;
  return (callers) => {
    const caller = callers[turn++ % callers.length];
    if (caller === undefined) throw new Error('expected an API');
    return caller;
  };
}

function wordOf({ name }: ChaosPlan): string {
  return name.replaceAll(' ', '-');
}

async function readInbox(api: ApiCaller): Promise<InboxItem[]> {
  return (await api.get<{ items: InboxItem[] }>('/inbox?limit=100')).items;
}

/** @param answered how often a question of a track was answered before */
async function answerItem(
  api: ApiCaller,
  { item, plans, answered }: { item: InboxItem; plans: ReadonlyMap<string, ChaosPlan>; answered: Map<string, number> },
): Promise<void> {
  const { trackId, vertex, graph, kind } = item;
  const scenario = plans.get(graph)?.scenario;
  const vertexId = scenario?.vertices.find(({ name }) => name === vertex)?.id;
  const plan = scenario === undefined ? undefined : shapeOf(scenario).plans.get(vertexId ?? 0);
  if (plan === undefined) return;
  const times = (of: string): number => answered.get(`${trackId} ${of}`) ?? 0;
  const step = findPersonStep(plan, kind, times(kind));
  if (step === null) return;
  // The first answer to a question that comes again has a key that the second does not have, so one whose reply was lost is
  // given again, is found done, and is counted. What is answered alike each time needs no key: again is the same as once.
  const headers = step.isCounted ? { 'Idempotency-Key': `person-${trackId}-${kind}-${times(kind)}` } : {};
  try {
    await api.post(`/tracks/${trackId}/${step.path}`, step.body, headers);
    if (step.isCounted) answered.set(`${trackId} ${kind}`, times(kind) + 1);
  } catch {
    // Nobody knows whether it was done: it is in the inbox still, or not. The same key again does no harm.
  }
}
