import type { Socket } from 'node:net';

/**
 * Gives up connections on which nothing is heard. Where the other end vanished without a word (a firewall that forgot the
 * connection, a host that froze) nothing else ends the wait for an answer: the kernel tries for a quarter of an hour, and
 * MySQL's own time-outs are those of the other end.
 */
export interface SilenceWatch {
  watch(stream: Socket): void;
  /** For statements that rebuild tables. @returns what ends the exception */
  suspend(): () => void;
}

/** @param silenceMs idle connections count as well: the pool makes another */
export function createSilenceWatch(silenceMs: number): SilenceWatch {
  const streams = new Set<Socket>();
  let suspensions = 0;
  const apply = (): void => {
    for (const stream of streams) stream.setTimeout(suspensions > 0 ? 0 : silenceMs);
  };
  return {
    watch(stream) {
      streams.add(stream);
      stream.once('close', () => streams.delete(stream));
      stream.on('timeout', () => {
        stream.destroy(Object.assign(new Error(`MySQL said nothing for ${silenceMs} ms`), { code: 'ETIMEDOUT' }));
      });
      apply();
    },
    suspend() {
      suspensions += 1;
      apply();
      return () => {
        suspensions -= 1;
        apply();
      };
    },
  };
}
