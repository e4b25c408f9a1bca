import { storeOutput, type OutputChunk, type RefusedOutput } from '@baton/database';
import type { AppDeps } from './app-deps.ts';

type SentChunk = Omit<OutputChunk, 'bytes'> & { data: string };

/** @param chunks `data` is base64 @returns the runs whose pieces were refused: they do not hold their attempt */
export function keepOutput(deps: Pick<AppDeps, 'database'>, chunks: readonly SentChunk[]): Promise<RefusedOutput[]> {
  const pieces = chunks.map(({ data, ...chunk }) => ({ ...chunk, bytes: Buffer.from(data, 'base64') }));
  return storeOutput(deps.database, pieces);
}
