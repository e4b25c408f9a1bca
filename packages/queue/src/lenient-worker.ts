import { Worker, type Job, type JobJson } from 'bullmq';

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

export class LenientWorker extends Worker {
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
