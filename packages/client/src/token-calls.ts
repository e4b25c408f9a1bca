import type { Client as FetchClient } from 'openapi-fetch';
import { answerOf } from './answer-of.ts';
import type { paths } from './schema.d.ts';
import type * as Types from './types.ts';

export function tokenCalls(api: FetchClient<paths>) {
  return {
    /** Without their texts. */
    async listTokens(): Promise<Types.Token[]> {
      return answerOf(await api.GET('/api/v1/tokens')).items;
    },
    /** @returns its id, and its text, which is given this once */
    async createToken(body: Types.TokenRequest): Promise<{ id: string; token: string }> {
      return answerOf(await api.POST('/api/v1/tokens', { body }));
    },
    /** @throws ApiError token_not_found */
    async revokeToken(tokenId: string): Promise<void> {
      answerOf<unknown>(await api.DELETE('/api/v1/tokens/{tokenId}', { params: { path: { tokenId } } }));
    },
  };
}
