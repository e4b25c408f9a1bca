import type { Token } from '@baton/client';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatTable, formatTime, printable, shorten } from '../format.ts';

export const TOKEN_SCOPES = ['admin', 'operate', 'submit', 'read', 'worker'] as const satisfies Token['scopes'];

const MS_A_DAY = 86_400_000;

/** The tokens, without their secrets. */
export async function listTokens(context: CommandContext): Promise<ExitCode> {
  const items = await context.connect().listTokens();
  answer(context, { items }, () => {
    const rows = items.map((token) => [
      token.id,
      shorten(printable(token.name), 40),
      token.scopes.join(','),
      printable(token.roles.join(',')),
      describeState(token),
      formatTime(token.createdAt),
      formatTime(token.lastUsedAt),
    ]);
    const heading = ['token', 'name', 'scopes', 'roles', 'state', 'made', 'last used'];
    return rows.length === 0 ? 'No tokens but those of the configuration.' : formatTable(context.colors, heading, rows);
  });
  return EXIT.success;
}

function describeState({ revokedAt, expiresAt }: Token): string {
  if (revokedAt !== null) return `revoked ${formatTime(revokedAt)}`;
  return expiresAt === null ? 'valid' : `until ${formatTime(expiresAt)}`;
}

export interface TokenOptions {
  scope: string[];
  role: string[];
  days?: number;
}

/** Makes a token and writes its text, which is shown this once. */
export async function createToken(context: CommandContext, name: string, options: TokenOptions): Promise<ExitCode> {
  const scopes = TOKEN_SCOPES.filter((scope) => options.scope.includes(scope.toUpperCase()));
  const lifetimeMs = options.days === undefined ? null : Math.round(options.days * MS_A_DAY);
  const roles = options.role.length === 0 ? {} : { roles: options.role };
  const body = { name, scopes: scopes.length === 0 ? ['read' as const] : scopes, ...roles, lifetimeMs };
  const made = await context.connect().createToken(body);
  answer(context, made, () => made.token);
  return EXIT.success;
}

/** Revokes a token; it works for five seconds more at most. */
export async function revokeToken(context: CommandContext, tokenId: string): Promise<ExitCode> {
  await context.connect().revokeToken(tokenId);
  answer(context, { id: tokenId, revoked: true }, () => `Token ${tokenId} is revoked.`);
  return EXIT.success;
}
