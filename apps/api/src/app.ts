import express, { type Express } from 'express';
import { BatonError } from '@baton/domain';
import type { AppDeps } from './app-deps.ts';
import { assignRequestId, checkHost, checkOrigin, securityHeaders } from './http/guards.ts';
import { mountRoute, mountRouter } from './http/mount-route.ts';
import { createErrorHandler } from './http/problem.ts';
import { MOUNTS, ROUTES } from './routes/index.ts';

/** The HTTP application, not listening: every call of the table behind the guards. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.use(assignRequestId, securityHeaders(), checkHost(deps.settings), checkOrigin);
  for (const route of ROUTES) mountRoute(app, route, deps);
  for (const mount of MOUNTS) mountRouter(app, mount, deps);
  app.use((request) => {
    throw new BatonError(
      'route_not_found',
      `expected a call of /openapi.json, found ${request.method} ${request.path}`,
    );
  });
  app.use(createErrorHandler(deps.logger));
  return app;
}
