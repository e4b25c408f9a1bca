import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import type { Request, RequestHandler } from 'express';
import helmet from 'helmet';
import { BatonError } from '@baton/domain';
import type { AppSettings } from '../app-deps.ts';

/*
 * What stands before every call. A page of another site, opened in a browser that can reach this server, must not be able
 * to drive it: its requests name its own origin (Origin, Sec-Fetch-Site), or, after DNS rebinding, its own host (Host).
 * There are no CORS headers at all.
 */

/** Gives each request an id, the caller's where it is harmless; logs, problem documents and the answer carry it. */
export const assignRequestId: RequestHandler = (request, response, next) => {
  const given = request.get('X-Request-Id') ?? '';
  response.set('X-Request-Id', /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : randomUUID());
  next();
};

/** Strict by default: an answer that is a page names what it needs (pagePolicy). */
export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
    },
    // TLS ends before this process; whoever ends it says so.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
}

/** The policy of a page with scripts and styles of this server alone. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/** @throws BatonError unknown_host */
export function checkHost(settings: Pick<AppSettings, 'allowedHosts' | 'isPublic'>): RequestHandler {
  const allowed = new Set([...LOOPBACK_NAMES, ...settings.allowedHosts]);
  return (request, _response, next) => {
    const host = request.headers.host ?? '';
    const name = host.replace(/:\d+$/, '').toLowerCase();
    // An address cannot be rebound: only names can be made to point elsewhere.
    const isAddress = settings.isPublic && isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
    if (allowed.has(name) || isAddress) return next();
    const detail = `expected a Host that is one of ${[...allowed].join(', ')}, found ${JSON.stringify(host)}; BATON_ALLOWED_HOSTS names more`;
    throw new BatonError('unknown_host', detail);
  };
}

/** @throws BatonError foreign_origin */
export const checkOrigin: RequestHandler = (request, _response, next) => {
  const origin = request.get('Origin');
  if (origin !== undefined && !isOwnOrigin(origin, request.headers.host ?? '')) {
    throw new BatonError('foreign_origin', `expected no Origin or this server's own, found ${JSON.stringify(origin)}`);
  }
  const site = request.get('Sec-Fetch-Site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isFollowedLink(request)) {
    throw new BatonError(
      'foreign_origin',
      `expected a request of this server's own pages, found Sec-Fetch-Site: ${site}`,
    );
  }
  next();
};

function isOwnOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

/** A person followed a link to here: nothing is changed by a GET, and the page that had the link cannot read the answer. */
function isFollowedLink(request: Request): boolean {
  const isNavigation = request.get('Sec-Fetch-Mode') === 'navigate' && request.get('Sec-Fetch-Dest') === 'document';
  return request.method === 'GET' && isNavigation;
}
