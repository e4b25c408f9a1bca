import { DEFAULT_LABEL } from '@baton/domain';
import {
  createConsumer,
  trackMessageSchema,
  trackQueueName,
  type Consumer,
  type Redis,
  type TrackMessage,
} from '@baton/queue';
import type { Counters, Logger } from '@baton/service';
import type { LookAhead } from './look-ahead.ts';
import { createSlots, type Place, type Slots } from './slots.ts';

/** The queues that a worker pulls from, one a label set, sharing its slots. */
export interface ServedQueues {
  readonly slots: Slots;
  /** Whether what is taken now may be started. */
  mayStart(): boolean;
  /** Label sets whose queues it pulls from. */
  served(): string[];
  /** Has a track run that did not come from a queue. */
  take(run: (place: Place) => Promise<unknown>): void;
  /** To be called when others may have taken room. */
  refresh(): void;
  /** Starts to pull from label sets that it did not know yet. */
  serve(labelSets: readonly string[]): void;
  /** Whether no track is to be taken for now: what comes all the same is given back, for other workers. */
  rest(isResting: boolean): void;
  /** No further track is taken; those under way go on. */
  pause(): Promise<void>;
  close(timeoutMs: number): Promise<void>;
}

export interface ServeQueuesOptions {
  redis: Redis;
  prefix: string;
  slots: number;
  lookAhead: LookAhead;
  /** Places that are offered to others. */
  outstanding(): number;
  /** Whether runs are handed over these moments: then nothing more is pulled while there is work, which only costs a claim. */
  isFed(): boolean;
  labels: readonly string[];
  run(message: TrackMessage, place: Place): Promise<'done' | 'give_back'>;
  logger: Logger;
  counters: Counters;
}

/** What was pulled before it was known that there is no room waits so long for it, and then for another worker. */
const PATIENCE_MS = 100;

/**
 * With one queue, the consumer's own limit keeps to the room that there is. With several, each may bring as many entries: a
 * track that finds none is given back, and all queues rest until there is some.
 */
export function serveQueues(options: ServeQueuesOptions): ServedQueues {
  const { lookAhead } = options;
  const consumers = new Map<string, Consumer>();
  let isPaused = false;
  let isResting = false;
  const setPulling = (mayPull: boolean): void => {
    if (!isPaused) letPull(consumers.values(), mayPull, options.logger);
  };
  const slots = createSlots({
    total: options.slots,
    ahead: () => lookAhead.count(),
    onChange(hasRoom) {
      if (consumers.size > 1) setPulling(hasRoom && !isResting);
    },
  });
  const mayStart = (): boolean => !isPaused && !isResting;
  const { refresh, leave, handle } = createOccupation({ options, slots, consumers, mayStart });
  const serve = (labelSets: readonly string[]): void => {
    for (const labelSet of labelSets) {
      if (consumers.has(labelSet) || isPaused) continue;
      consumers.set(labelSet, consumeLabelSet(options, labelSet, handle));
      options.logger.info({ event: 'queue_served', labelSet });
    }
    // Otherwise a queue that is new to a full worker would be pulled from and given back without a pause.
    if (isResting || (slots.room === 0 && consumers.size > 1)) setPulling(false);
  };
  if (options.labels.includes(DEFAULT_LABEL)) serve([DEFAULT_LABEL]);
  return {
    slots,
    mayStart,
    refresh,
    served: () => [...consumers.keys()],
    take(run) {
      const place = slots.enter();
      refresh();
      run(place)
        .catch((error: unknown) => options.logger.error({ event: 'handed_over_failed', err: error }))
        .finally(() => leave(place));
    },
    serve,
    rest(wanted) {
      isResting = wanted;
      setPulling(!isResting && (slots.room > 0 || consumers.size < 2));
    },
    async pause() {
      isPaused = true;
      await Promise.all([...consumers.values()].map((consumer) => consumer.pause()));
    },
    async close(timeoutMs) {
      isPaused = true;
      await Promise.all([...consumers.values()].map((consumer) => consumer.close(timeoutMs)));
    },
  };
}

interface Occupation {
  /** Lets queues bring as many entries as there is room for. */
  refresh: () => void;
  leave: (place: Place) => void;
  /** Of an entry. */
  handle: (message: TrackMessage) => Promise<'done' | 'give_back'>;
}

function createOccupation({
  options,
  slots,
  consumers,
  mayStart,
}: {
  options: ServeQueuesOptions;
  slots: Slots;
  consumers: ReadonlyMap<string, Consumer>;
  mayStart: () => boolean;
}): Occupation {
  let fromQueues = 0;
  const isServed = (): boolean => options.isFed() && slots.queued > 0;
  const refresh = (): void => {
    const room = isServed() ? 0 : Math.max(0, slots.room - options.outstanding());
    for (const consumer of consumers.values()) consumer.limit(fromQueues + room);
  };
  const leave = (place: Place): void => {
    place.leave();
    refresh();
  };
  const handle = async (message: TrackMessage): Promise<'done' | 'give_back'> => {
    const place = mayStart() ? (slots.tryEnter() ?? (await slots.enterWithin(PATIENCE_MS))) : null;
    if (place === null) return 'give_back';
    fromQueues += 1;
    try {
      return await options.run(message, place);
    } finally {
      fromQueues -= 1;
      leave(place);
    }
  };
  return { refresh, leave, handle };
}

function letPull(consumers: Iterable<Consumer>, mayPull: boolean, logger: Logger): void {
  for (const consumer of consumers) {
    if (mayPull) consumer.resume();
    else consumer.pause().catch((error: unknown) => logger.warn({ event: 'pause_failed', err: error }));
  }
}

function consumeLabelSet(
  options: ServeQueuesOptions,
  labelSet: string,
  handle: (message: TrackMessage) => Promise<'done' | 'give_back'>,
): Consumer {
  return createConsumer({
    redis: options.redis,
    prefix: options.prefix,
    queueName: trackQueueName(labelSet),
    schema: trackMessageSchema,
    concurrency: options.slots,
    keepFailed: true,
    handle,
    onFailed(error) {
      options.counters.add('parked_messages', 1, trackQueueName(labelSet));
      options.logger.error({ event: 'entry_parked', labelSet, err: error });
    },
    onStuck({ kind, queueName: queue, waiting }) {
      options.counters.add(kind === 'consumer' ? 'renewed_consumers' : 'renewed_connections', 1, queue);
      options.logger.error({ event: `${kind}_stuck`, queue, waiting }, 'made anew');
    },
  });
}
