import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { TrackDetails } from '@baton/client';
import { selectRows } from '@baton/database';
import type { CrashPoint } from '@baton/service';
import type { ChaosProcess, ChaosStackOptions } from '../chaos/chaos-stack.ts';
import { checkInvariants } from '../chaos/check-invariants.ts';
import type { JournalEntry } from '../chaos/journal.ts';
import { listTracks, waitForEnd, waitUntil } from '../testing/call-api.ts';
import { countInLogs, openFaultScene, type FaultScene } from './fault-scene.ts';

/** A scene without workers, to which each case adds its own under a label of its own: so no case hits another one's. */
export interface WorkerFaults extends FaultScene {
  /** Starts a worker of one slot that serves this label alone. */
  addWorker(label: string, environment?: Record<string, string>): Promise<ChaosProcess>;
  /** Kills this worker at its next coming to a point. Resolves when that is arranged. */
  crashAt(worker: ChaosProcess, point: CrashPoint): Promise<void>;
  /** Starts a pipeline whose only vertex is A, for workers of this label. @param more of the start itself */
  startOne(label: string, vertex?: { lines?: string; [policy: string]: unknown }, more?: object): Promise<number>;
  getTrack(pipelineId: number): Promise<TrackDetails>;
  /** Waits until it has ended. @returns how, and what its script wrote */
  waitForOutcome(pipelineId: number): Promise<Outcome>;
  /** Lines of the journal, such as `START 1`: what was written, and in which attempt. */
  listWritten(pipelineId: number): Promise<string[]>;
  waitForWritten(pipelineId: number, line: string): Promise<void>;
  /** Until when the run of a track may go on, on the database's clock, ms since 1970; null where it does not run. */
  readLeaseEnd(trackId: number): Promise<number | null>;
  /**
   * Waits until the only track of a pipeline does not run any more: its lease is over, or its worker has said that it is lost.
   * @returns the end of its last lease, as readLeaseEnd
   */
  waitForLost(pipelineId: number): Promise<number>;
  /** The first attempt of the only track was lost not before this end of its lease, and not long after. */
  expectLostInTime(pipelineId: number, leaseEnd: number): Promise<void>;
}

const RECONCILE_MS = 500;
/** For a machine that is busy with other tests. */
const SLACK_MS = 6000;

export interface Outcome {
  state: string;
  results: (string | null)[];
  written: string[];
}

export async function openWorkerFaults(options: ChaosStackOptions = {}): Promise<WorkerFaults> {
  const scene = await openFaultScene({ slots: 1, ...options, workers: 0 });
  const { stack, api } = scene;
  const crashDirectories = new Map<ChaosProcess, string>();
  let pipelines = 0;
  const getTrack = async (pipelineId: number): Promise<TrackDetails> => {
    const [track] = await listTracks(api, pipelineId);
    if (track === undefined) throw new Error(`pipeline ${pipelineId} has no track`);
    return api.get<TrackDetails>(`/tracks/${track.id}`);
  };
  const listWritten = async (pipelineId: number): Promise<string[]> => {
    const entries = await scene.readJournal();
    return entries.filter((entry) => entry.pipelineId === pipelineId).map(describeEntry);
  };
  const readLeaseEnd = async (trackId: number): Promise<number | null> => {
    const [row] = await selectRows<{ endMs: number }>(
      stack.database.dataSource,
      `SELECT CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', due_at) / 1000 AS DOUBLE) AS endMs FROM track
       WHERE id = ? AND state = 'RUNNING'`,
      [trackId],
    );
    return row?.endMs ?? null;
  };
  return {
    ...scene,
    async addWorker(label, environment = {}) {
      const directory = await mkdtemp(join(stack.directory, 'crashes-'));
      const own = { BATON_LABELS: label, BATON_CRASH_DIRECTORY: directory, ...environment };
      const worker = await stack.addProcess('worker', own);
      crashDirectories.set(worker, directory);
      return worker;
    },
    crashAt: (worker, point) => writeFile(join(crashDirectories.get(worker) ?? '', point), 'SIGKILL'),
    async startOne(label, vertex = {}, more = {}) {
      pipelines += 1;
      const name = `${label}-${pipelines}`;
      await scene.putGraph(name, [scene.vertex('A', { labels: [label], ...vertex })]);
      return scene.start(name, name, more);
    },
    getTrack,
    async waitForOutcome(pipelineId) {
      const { state } = await waitForEnd(api, pipelineId);
      const { attempts } = await getTrack(pipelineId);
      return { state, results: attempts.map(({ result }) => result), written: await listWritten(pipelineId) };
    },
    listWritten,
    // Workers die here, and each case says itself what is lost by that.
    judge: async () =>
      checkInvariants({
        journal: await scene.readJournal(),
        answers: api.answers,
        database: stack.database,
        repairs: await countInLogs(stack.processes, 'repaired'),
      }),
    async waitForWritten(pipelineId, line) {
      await waitUntil(
        () => listWritten(pipelineId),
        (lines) => lines.includes(line),
      );
    },
    readLeaseEnd,
    async waitForLost(pipelineId) {
      const { id } = await getTrack(pipelineId);
      let last = 0;
      const ask = async (): Promise<number | null> => {
        const end = await readLeaseEnd(id);
        last = end ?? last;
        return end;
      };
      await waitUntil(ask, (end) => end === null);
      return last;
    },
    async expectLostInTime(pipelineId, leaseEnd) {
      const { attempts } = await getTrack(pipelineId);
      const lostAt = Date.parse(attempts[0]?.finishedAt ?? '');
      expect(lostAt).toBeGreaterThanOrEqual(Math.floor(leaseEnd));
      expect(lostAt).toBeLessThan(leaseEnd + RECONCILE_MS + SLACK_MS);
    },
  };
}

/**
 * Lines of a script: in its first attempt it shows every 50 ms that it lives, until it is killed.
 * @param file where, as words of the shell in double quotes
 */
export function showSigns(file: string, more = ''): string {
  return `[ "$BATON_ATTEMPT" != 1 ] || while :; do date +%s%N >> "${file}"; ${more}sleep 0.05; done`;
}

/** @returns when a script has last shown that it lives, ms since 1970 */
export async function readLastSign(file: string): Promise<number> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return Number(lines.at(-1)) / 1e6;
}

function describeEntry({ kind, attempt }: JournalEntry): string {
  return `${kind} ${attempt}`;
}
