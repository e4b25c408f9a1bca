import { createToken, findTokens, revokeToken, TOKEN_SCOPES } from '@baton/database';
import { BatonError } from '@baton/domain';
import { z } from 'zod';
import { defineRoute, jsonBody } from '../http/define-route.ts';

const MAX_LIFETIME_MS = 10 * 365 * 86_400_000;
/** As many of the longest as the column holds. */
const MAX_ROLES = 15;

const tokenSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(TOKEN_SCOPES)),
    roles: z.array(z.string()).describe('gates may name them as approvers: `role:<name>`'),
    createdBy: z.string(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    revokedAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable().describe('to the minute'),
  })
  .meta({ id: 'Token' });

export const listTokens = defineRoute({
  method: 'get',
  path: '/api/v1/tokens',
  scope: 'admin',
  summary: 'List the tokens, without their secrets',
  tag: 'tokens',
  request: {},
  responses: { 200: { description: 'Newest first.', schema: z.strictObject({ items: z.array(tokenSchema) }) } },
}).handle(async ({ deps }) => {
  const tokens = await findTokens(deps.database);
  const items = tokens.map(({ secretHash: _hash, ...token }) => ({
    ...token,
    createdAt: token.createdAt.toISOString(),
    expiresAt: token.expiresAt?.toISOString() ?? null,
    revokedAt: token.revokedAt?.toISOString() ?? null,
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
  }));
  return { status: 200, body: { items } };
});

export const postToken = defineRoute({
  method: 'post',
  path: '/api/v1/tokens',
  scope: 'admin',
  summary: 'Make a token; its text is shown this once',
  tag: 'tokens',
  request: {
    body: jsonBody(
      z.strictObject({
        name: z
          .string()
          .regex(/^[^\p{Control}]{1,190}$/u)
          .describe('for people: whose it is, what for'),
        scopes: z
          .array(z.enum(TOKEN_SCOPES))
          .min(1)
          .max(TOKEN_SCOPES.length)
          .refine((scopes) => new Set(scopes).size === scopes.length, 'expected each scope once'),
        roles: z
          .array(
            z
              .string()
              .regex(
                /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
                'expected a role of letters, digits, ".", "_" and "-", at most 63',
              ),
          )
          .max(MAX_ROLES)
          .refine((roles) => new Set(roles).size === roles.length, 'expected each role once')
          .optional()
          .describe('what it may approve at gates, besides what its scopes allow: `approvers: ["role:<name>"]`'),
        lifetimeMs: z.int().min(1000).max(MAX_LIFETIME_MS).nullish().describe('absent: it does not expire'),
      }),
    ),
  },
  responses: {
    201: {
      description: 'The token.',
      schema: z.strictObject({ id: z.string(), token: z.string().describe('shown this once') }),
      headers: { Location: 'of the token' },
    },
  },
}).handle(async ({ deps, body, identity }) => {
  const { name, scopes, roles = [], lifetimeMs = null } = body;
  const made = await createToken(deps.database, { name, scopes, roles, createdBy: identity.name, lifetimeMs });
  return { status: 201, headers: { Location: `/api/v1/tokens/${made.id}` }, body: made };
});

export const deleteToken = defineRoute({
  method: 'delete',
  path: '/api/v1/tokens/{tokenId}',
  scope: 'admin',
  summary: 'Revoke a token; it works for five seconds more at most',
  tag: 'tokens',
  request: { params: z.strictObject({ tokenId: z.string().regex(/^[0-9a-f]{16}$/) }) },
  responses: { 204: { description: 'It is revoked.' } },
  errors: ['token_not_found'],
}).handle(async ({ deps, params }) => {
  if (!(await revokeToken(deps.database, params.tokenId))) {
    throw new BatonError('token_not_found', `expected the id of a token, found ${params.tokenId}`);
  }
  return { status: 204, isEmpty: true };
});
