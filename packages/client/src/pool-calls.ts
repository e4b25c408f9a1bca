import type { Client as FetchClient } from 'openapi-fetch';
import { answerOf } from './answer-of.ts';
import type { paths } from './schema.d.ts';
import type * as Types from './types.ts';

export function poolCalls(api: FetchClient<paths>) {
  return {
    /** By name. */
    async listPools(): Promise<Types.Pool[]> {
      return answerOf(await api.GET('/api/v1/pools')).items;
    },
    /** Makes a pool, or changes how many tracks may run in it at once. */
    async setPool(name: string, limit: number): Promise<Types.Pool> {
      return answerOf(await api.PUT('/api/v1/pools/{name}', { params: { path: { name } }, body: { limit } }));
    },
    /** @throws ApiError pool_not_found, pool_in_use */
    async removePool(name: string): Promise<void> {
      answerOf<unknown>(await api.DELETE('/api/v1/pools/{name}', { params: { path: { name } } }));
    },
  };
}
