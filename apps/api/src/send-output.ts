import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { findOutputStatus, measureOutput, readOutput, type Database, type OutputStatus } from '@baton/database';
import { BatonError, isTrackEnded } from '@baton/domain';
import type { Response } from 'express';
import { parseRange, piecesIn } from './output-range.ts';
import { getTrack } from './show-track.ts';

/*
 * Output is read in pieces and written as fast as the client takes it: memory holds a few pieces, whatever the length.
 *
 * Following asks MySQL again and again, the more seldom the more people follow, so that they cannot keep the pool busy.
 * Pieces may arrive out of order, so a follower stops at a gap until it is filled, or the attempt has ended: what is missing
 * then was never sent. A client that leaves ends its loop; a database that goes away cuts the answer.
 */

/**
 * Stands after the output of an attempt whose worker was lost: what the script printed after the last piece is unknown. It is
 * not stored, as a worker that comes back may still send what it had.
 */
const CUT_BY_LOSS = Buffer.from('\n[baton: the worker was lost here; what it had not sent of the output is missing]\n');

/**
 * Stands after the output of an attempt that ended in order, where less is stored than its worker says was to be: the API was
 * away until the worker had to end, or its lease went. (A worker adds words of its own to some outputs; they can hide that
 * as few bytes are missing.)
 */
const CUT_BY_END = Buffer.from('\n[baton: the end of the output is missing here: the worker could not send it]\n');

const NOTHING = Buffer.alloc(0);

const PIECES_AT_ONCE = 16;
const POLL_MS = 250;
const POLL_MS_PER_FOLLOWER = 2;
let followers = 0;

export interface OutputRequest {
  trackId: number;
  /** Null: the one that runs, else the newest that printed. */
  attempt: number | null;
  isFollowing: boolean;
  /** The Range header. */
  range: string | undefined;
}

interface OutputFrame {
  headers: Record<string, string>;
  write(response: Response): Promise<void>;
}
export type OutputAnswer = ({ status: 200 } & OutputFrame) | ({ status: 206 } & OutputFrame);

interface Place {
  database: Database;
  trackId: number;
  attempt: number;
}

/** @throws BatonError track_not_found, attempt_not_found */
export async function sendOutput(
  database: Database,
  request: OutputRequest,
  signal: AbortSignal,
): Promise<OutputAnswer> {
  const { trackId } = request;
  const track = await getTrack(database, trackId);
  const status = await findOutputStatus(database, trackId, request.attempt);
  // A follower may come before the first attempt starts; what an ended track has not, it never gets.
  const mayStart =
    request.isFollowing && !isTrackEnded(track.state) && (request.attempt ?? track.attempt) >= track.attempt;
  if (status === null && !mayStart) throw unknownAttempt(trackId, request.attempt);
  if (request.isFollowing) {
    // From here on it is this attempt, whatever happens to the track: one who reads on later asks for it by its number.
    const attempt = status?.attempt ?? request.attempt ?? track.attempt;
    const headers = { ...TEXT_HEADERS, ...statusHeaders(status ?? { ...NOT_STARTED, attempt }) };
    const place = { database, trackId, attempt };
    return { status: 200, headers, write: (response) => follow(place, { response, signal }) };
  }
  if (status === null) throw unknownAttempt(trackId, request.attempt);
  return sendStored({ database, trackId, attempt: status.attempt }, status, { range: request.range, signal });
}

const TEXT_HEADERS = {
  'Content-Type': 'text/plain; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

const NOT_STARTED = { hasEnded: false, result: null, outputBytes: null, cutBytes: null };

function statusHeaders(status: OutputStatus): Record<string, string> {
  return {
    'X-Baton-Attempt': String(status.attempt),
    'X-Baton-Attempt-Ended': String(status.hasEnded),
    ...(status.cutBytes === null ? {} : { 'X-Baton-Cut-Bytes': String(status.cutBytes) }),
  };
}

function markOf({ result, outputBytes, cutBytes }: OutputStatus, storedBytes: number): Buffer {
  if (result === 'lost') return CUT_BY_LOSS;
  return storedBytes < (outputBytes ?? 0) - (cutBytes ?? 0) ? CUT_BY_END : NOTHING;
}

function unknownAttempt(trackId: number, attempt: number | null): BatonError {
  const expected = attempt === null ? 'an attempt' : `attempt ${attempt}`;
  return new BatonError('attempt_not_found', `expected ${expected} of track ${trackId} that has started, found none`);
}

async function sendStored(
  place: Place,
  status: OutputStatus,
  { range: header, signal }: { range: string | undefined; signal: AbortSignal },
): Promise<OutputAnswer> {
  const pieces = await measureOutput(place.database, place.trackId, place.attempt);
  const storedBytes = pieces.reduce((sum, { byteCount }) => sum + byteCount, 0);
  const mark = markOf(status, storedBytes);
  const totalBytes = storedBytes + mark.length;
  const found = parseRange(header, totalBytes);
  const range = found ?? { from: 0, to: totalBytes };
  const frame: OutputFrame = {
    headers: {
      ...TEXT_HEADERS,
      ...statusHeaders(status),
      'X-Baton-Output-Bytes': String(storedBytes),
      'Accept-Ranges': 'bytes',
      'Content-Length': String(range.to - range.from),
      ...(found === null ? {} : { 'Content-Range': `bytes ${range.from}-${range.to - 1}/${totalBytes}` }),
    },
    async write(response) {
      for (const { seq, start, end } of piecesIn(pieces, range)) {
        if (signal.aborted) return;
        const [piece] = await readOutput(place.database, { ...place, afterSeq: seq - 1, limit: 1 });
        if (piece === undefined) return void response.end(); // deleted meanwhile: shorter than it said, which the client sees
        await writeBytes(response, piece.bytes.subarray(start, end), signal);
      }
      if (range.to > storedBytes) {
        const place = [Math.max(0, range.from - storedBytes), range.to - storedBytes] as const;
        await writeBytes(response, mark.subarray(...place), signal);
      }
      response.end();
    },
  };
  return found === null ? { status: 200, ...frame } : { status: 206, ...frame };
}

/** Writes what is there and what comes, until the attempt has ended or the client has gone. */
async function follow(place: Place, client: { response: Response; signal: AbortSignal }): Promise<void> {
  followers += 1;
  try {
    client.response.flushHeaders();
    if (await waitForAttempt(place, client.signal)) await followAttempt(place, client);
    client.response.end();
  } finally {
    followers -= 1;
  }
}

/** @returns false where the track ends without starting it, or the client has gone */
async function waitForAttempt({ database, trackId, attempt }: Place, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const { state } = await getTrack(database, trackId);
    if ((await findOutputStatus(database, trackId, attempt)) !== null) return true;
    if (isTrackEnded(state)) return false;
    await pause(signal);
  }
  return false;
}

async function followAttempt(
  place: Place,
  { response, signal }: { response: Response; signal: AbortSignal },
): Promise<void> {
  let afterSeq = -1;
  let storedBytes = 0;
  while (!signal.aborted) {
    // Asked first: everything that was stored before the end is then read below.
    const status = await findOutputStatus(place.database, place.trackId, place.attempt);
    const hasEnded = status?.hasEnded !== false;
    const pieces = await readOutput(place.database, { ...place, afterSeq, limit: PIECES_AT_ONCE });
    let hasGap = false;
    for (const { seq, bytes } of pieces) {
      hasGap = seq !== afterSeq + 1 && !hasEnded;
      if (hasGap || signal.aborted) break;
      await writeBytes(response, bytes, signal);
      afterSeq = seq;
      storedBytes += bytes.length;
    }
    const isBehind = pieces.length === PIECES_AT_ONCE && !hasGap;
    if (hasEnded && !isBehind) {
      if (status !== null) await writeBytes(response, markOf(status, storedBytes), signal);
      return;
    }
    if (!isBehind) await pause(signal);
  }
}

/** Ends early when the client has gone. */
async function pause(signal: AbortSignal): Promise<void> {
  const delayMs = Math.max(POLL_MS, POLL_MS_PER_FOLLOWER * followers);
  await wait(delayMs, undefined, { signal }).catch(ignoreWhen(signal));
}

async function writeBytes(response: Response, bytes: Buffer, signal: AbortSignal): Promise<void> {
  if (!response.write(bytes) && !signal.aborted) await once(response, 'drain', { signal }).catch(ignoreWhen(signal));
}

/** The client has gone, which is no error: every loop looks at the signal itself. */
function ignoreWhen(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}
