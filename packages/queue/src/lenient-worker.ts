import { Worker, type Job, type JobJson, type WorkerOptions } from 'bullmq';

/*
 * What is in an entry was written by somebody, perhaps by nobody of ours. BullMQ reads it while it fetches: where that throws,
 * the entry is neither handled nor parked, comes again with every look for stalled entries, and keeps the list of parked
 * ones from being read. So an entry that cannot be read is handed out as one of an unknown form, and what is kept of it can
 * be read again.
 */

/** Of an unknown entry so much is kept for people; 1000 of them are parked at most. */
const KEPT_CHARACTERS = 10_000;

/** The data of an entry that nobody could read as JSON. */
interface UnreadableData {
  unreadable: string;
}

/** Whether an entry may be fetched now. */
export interface Gate {
  isOpen(): boolean;
  /** Resolves when it is worth asking again. */
  whenChanged(): Promise<void>;
  /** Makes another worker look in this one's place. */
  wakeAnother(): Promise<unknown>;
}

type Process = (entry: Job, token?: string) => Promise<void>;

/**
 * Besides it fetches nothing while its gate is closed. BullMQ's own limit cannot be 0, and pausing it for a moment costs as
 * much as an entry. It has waited for an entry and was woken by one: who is woken in its place finds that one.
 */
export class LenientWorker extends Worker {
  readonly #gate: Gate;

  constructor(queueName: string, process: Process, { gate, ...options }: WorkerOptions & { gate: Gate }) {
    super(queueName, process, { ...options, autorun: false });
    this.#gate = gate;
    this.run().catch((error: Error) => this.emit('error', error));
  }

  protected override async moveToActive(token: string, name?: string): Promise<Job> {
    if (!this.#gate.isOpen()) await this.#gate.wakeAnother();
    while (!this.#gate.isOpen() && !this.paused && this.closing === undefined) await this.#gate.whenChanged();
    // As BullMQ's own: there is none.
    if (this.paused || this.closing !== undefined) return undefined as unknown as Job;
    return super.moveToActive(token, name);
  }

  protected override handleCompleted(
    ...[result, entry, token, mayFetch, span]: Parameters<Worker['handleCompleted']>
  ): ReturnType<Worker['handleCompleted']> {
    const mayFetchNext = (): boolean => this.#gate.isOpen() && (mayFetch?.() ?? true);
    return super.handleCompleted(result, entry, token, mayFetchNext, span);
  }

  protected override createJob(data: JobJson, jobId: string): Job {
    try {
      JSON.parse(data.data || '{}');
    } catch {
      // The handler refuses it as any other of an unknown form.
      return super.createJob({ ...data, data: JSON.stringify(makeUnreadable(data.data)) }, jobId);
    }
    return super.createJob(data, jobId);
  }
}

/** Before an entry is parked: what stays in Redis is JSON, and not large. */
export async function shortenEntry(entry: Job): Promise<void> {
  const text = JSON.stringify(entry.data) ?? '';
  if (isUnreadable(entry.data)) await entry.updateData(entry.data);
  else if (text.length > KEPT_CHARACTERS) await entry.updateData(makeUnreadable(text));
}

function makeUnreadable(text: string): UnreadableData {
  return { unreadable: text.slice(0, KEPT_CHARACTERS) };
}

function isUnreadable(data: unknown): data is UnreadableData {
  return typeof data === 'object' && data !== null && 'unreadable' in data;
}
