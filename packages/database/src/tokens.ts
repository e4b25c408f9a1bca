import { createHash, randomBytes } from 'node:crypto';
import type { Database } from './data-source.ts';
import { execute, selectRows } from './statements.ts';

/** What a token may do. Each of the first four allows what those after it allow; `worker` stands apart. */
export const TOKEN_SCOPES = ['admin', 'operate', 'submit', 'read', 'worker'] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** A token as the database knows it: the secret is not there. */
export interface StoredToken {
  id: string;
  name: string;
  secretHash: Buffer;
  scopes: TokenScope[];
  /** What gates may name as `role:<name>`; free words. */
  roles: string[];
  createdBy: string;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

/** Uses are noted at most so often, in seconds. */
const USE_NOTED_EVERY_S = 60;

const TOKEN_COLUMNS = `id, name, secret_hash AS secretHash, scopes, roles, created_by AS createdBy, created_at AS createdAt,
  expires_at AS expiresAt, revoked_at AS revokedAt, last_used_at AS lastUsedAt`;

type TokenRow = Omit<StoredToken, 'scopes' | 'roles'> & { scopes: string; roles: string };

/** The id in a token's text, by which it is looked up; null where it has not the form `baton_<id>_<secret>`. */
export function parseToken(text: string): { id: string } | null {
  const id = /^baton_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/.exec(text)?.[1];
  return id === undefined ? null : { id };
}

/** A token has 256 random bits: one round of SHA-256 is enough to make a copy of the database worthless. */
export function hashToken(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Makes a token.
 * @param request.roles words without commas, in ASCII; 1000 characters together at most
 * @param request.lifetimeMs null: it does not expire
 * @returns its text: the only time that it is known
 */
export async function createToken(
  database: Database,
  request: {
    name: string;
    scopes: readonly TokenScope[];
    roles?: readonly string[];
    createdBy: string;
    lifetimeMs: number | null;
  },
): Promise<{ id: string; token: string }> {
  const id = randomBytes(8).toString('hex');
  const token = `baton_${id}_${randomBytes(32).toString('base64url')}`;
  const { name, scopes, roles = [], createdBy, lifetimeMs } = request;
  const lifetimeUs = lifetimeMs === null ? null : lifetimeMs * 1000;
  await execute(
    database.dataSource,
    `INSERT INTO api_token (id, name, secret_hash, scopes, roles, created_by, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND)`,
    [id, name, hashToken(token), scopes.join(','), roles.join(','), createdBy, lifetimeUs],
  );
  return { id, token };
}

/** @returns the token unless it is unknown, expired or revoked; that it is used is noted once a minute */
export async function findToken(database: Database, id: string): Promise<StoredToken | null> {
  const [row] = await selectRows<TokenRow>(
    database.dataSource,
    `SELECT ${TOKEN_COLUMNS} FROM api_token
     WHERE id = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > UTC_TIMESTAMP(6))`,
    [id],
  );
  if (row === undefined) return null;
  await execute(
    database.dataSource,
    `UPDATE api_token SET last_used_at = UTC_TIMESTAMP(6)
     WHERE id = ? AND (last_used_at IS NULL OR last_used_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND)`,
    [id, USE_NOTED_EVERY_S],
  );
  return toToken(row);
}

/** Every token, also expired and revoked ones, newest first. */
export async function findTokens(database: Database): Promise<StoredToken[]> {
  const rows = await selectRows<TokenRow>(
    database.dataSource,
    `SELECT ${TOKEN_COLUMNS} FROM api_token ORDER BY created_at DESC, id`,
  );
  return rows.map(toToken);
}

/** @returns whether there is such a token; one that was revoked before stays revoked since then */
export async function revokeToken(database: Database, id: string): Promise<boolean> {
  const { affectedRows } = await execute(
    database.dataSource,
    `UPDATE api_token SET revoked_at = COALESCE(revoked_at, UTC_TIMESTAMP(6)) WHERE id = ?`,
    [id],
  );
  return affectedRows === 1;
}

function toToken(row: TokenRow): StoredToken {
  const scopes = TOKEN_SCOPES.filter((scope) => row.scopes.split(',').includes(scope));
  return { ...row, scopes, roles: row.roles === '' ? [] : row.roles.split(',') };
}
