import { timingSafeEqual } from 'node:crypto';
import { findToken, hashToken, parseToken, type Database, type StoredToken, type TokenScope } from '@baton/database';
import { ANYBODY, type Identity } from './scopes.ts';

export interface AuthSettings {
  isOn: boolean;
  /** Tokens from the settings, beside those in the database. */
  adminToken: string | null;
  workerToken: string | null;
}

/** Finds out whose token this is. Null: nobody's, or it has expired or been revoked. */
export type Authenticate = (token: string | null) => Promise<Identity | null>;

/** A revoked token works for at most this long. */
const CACHE_MS = 5000;
const MAX_CACHED = 1000;

/**
 * @param nowMs a clock that only goes forward
 * @throws the database's error where it is away and the token is none of the settings'
 */
export function createAuthenticate(
  database: Database,
  settings: AuthSettings,
  nowMs: () => number = () => performance.now(),
): Authenticate {
  const bootstrap = [
    ...bootstrapToken(settings.adminToken, 'admin'),
    ...bootstrapToken(settings.workerToken, 'worker'),
  ];
  const cache = new Map<string, { token: StoredToken | null; until: number }>();
  const find = async (id: string): Promise<StoredToken | null> => {
    const now = nowMs();
    const known = cache.get(id);
    if (known !== undefined && known.until > now) return known.token;
    const token = await findToken(database, id);
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(id, { token, until: now + CACHE_MS });
    return token;
  };
  return async (text) => {
    if (!settings.isOn) return ANYBODY;
    if (text === null) return null;
    const hash = hashToken(text);
    const own = bootstrap.find((candidate) => timingSafeEqual(candidate.hash, hash));
    if (own !== undefined) return own.identity;
    const parts = parseToken(text);
    const token = parts === null ? null : await find(parts.id);
    if (token === null || !timingSafeEqual(token.secretHash, hash)) return null;
    return { tokenId: token.id, name: token.name, scopes: token.scopes, roles: token.roles };
  };
}

function bootstrapToken(text: string | null, scope: TokenScope): { hash: Buffer; identity: Identity }[] {
  if (text === null) return [];
  const identity = { tokenId: `settings-${scope}`, name: scope, scopes: [scope], roles: [] };
  return [{ hash: hashToken(text), identity }];
}

/** The token of a request: `Authorization: Bearer ...`, or the password of HTTP Basic where that is accepted. */
export function tokenOf(authorization: string | undefined, acceptsBasic: boolean): string | null {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+) *$/.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (!acceptsBasic || scheme.toLowerCase() !== 'basic') return null;
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  return decoded.includes(':') ? decoded.slice(decoded.indexOf(':') + 1) : null;
}
