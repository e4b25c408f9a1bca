import { TOKEN_SCOPES, type TokenScope } from '@baton/database';

/** Who calls. */
export interface Identity {
  /** Of the token; Idempotency-Keys belong to it. */
  tokenId: string;
  /** For people: `createdBy` of what it starts. */
  name: string;
  scopes: readonly TokenScope[];
  /** What gates may name as `role:<name>`. */
  roles: readonly string[];
}

/** Each scope allows what those after it allow; `worker` stands apart and allows the workers' calls alone. */
const LADDER: readonly TokenScope[] = ['admin', 'operate', 'submit', 'read'];

/** @returns whether one of the scopes allows a call that needs `needed` */
export function allows(scopes: readonly TokenScope[], needed: TokenScope): boolean {
  if (needed === 'worker') return scopes.includes('worker');
  const enough = LADDER.slice(0, LADDER.indexOf(needed) + 1);
  return enough.some((scope) => scopes.includes(scope));
}

/** Everybody, where authentication is switched off. */
export const ANYBODY: Identity = { tokenId: 'nobody', name: 'anybody', scopes: TOKEN_SCOPES, roles: [] };
