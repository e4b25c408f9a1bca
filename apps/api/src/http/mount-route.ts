import type { Express, Request, RequestHandler, Response } from 'express';
import { BatonError } from '@baton/domain';
import type { AppDeps } from '../app-deps.ts';
import { tokenOf } from '../auth/authenticate.ts';
import { allows, type Identity } from '../auth/scopes.ts';
import { parseRequest } from './parse-request.ts';
import { requestIdOf } from './problem.ts';
import type { AnyAnswer, Call, Mount, Route } from './route-types.ts';

/** Puts a route on the app: who calls, what was sent, the handler within its deadline, the answer. */
export function mountRoute(app: Express, route: Route, deps: AppDeps): void {
  const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
  app[route.method](path, async (request, response) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const seconds = (performance.now() - startedAt) / 1000;
      deps.metrics.observeRequest({ method: route.method, route: route.path, status: response.statusCode }, seconds);
    });
    const identity = await identify(request, deps, route);
    logAction(response, { route, path: request.path, identity, deps });
    const patience = startPatience(
      response,
      route.isStream === true ? null : deps.settings.deadlineMs * (route.deadlineFactor ?? 1),
    );
    try {
      const answer = await Promise.race([
        answerCall({ request, response, route, deps, identity, patience }),
        patience.ended,
      ]);
      if (!patience.signal.aborted || route.isStream === true) await send(response, answer);
    } finally {
      patience.stop();
    }
  });
}

/** Who did what: every call of a person or program that may change something is one line of the log, whatever comes of it. */
function logAction(
  response: Response,
  { route, path, identity, deps }: { route: Route; path: string; identity: Identity; deps: AppDeps },
): void {
  if (route.method === 'get' || route.scope === 'worker') return;
  response.once('close', () => {
    const { tokenId, name: token } = identity;
    const { method } = route;
    const status = response.statusCode;
    deps.logger.info({ event: 'action', requestId: requestIdOf(response), tokenId, token, method, path, status });
  });
}

/** Puts a router that brings its own routes on the app, behind the same check of who calls. */
export function mountRouter(app: Express, mount: Mount, deps: AppDeps): void {
  const guard: RequestHandler = async (request, response, next) => {
    try {
      await identify(request, deps, mount);
      next();
    } catch (error) {
      const isUnknown = error instanceof BatonError && error.code === 'unauthenticated';
      if (isUnknown && mount.acceptsBasic) response.set('WWW-Authenticate', 'Basic realm="Baton", charset="UTF-8"');
      next(error);
    }
  };
  app.use(mount.path, guard, mount.createRouter(deps));
}

/** @throws BatonError unauthenticated, forbidden */
async function identify(
  request: Request,
  deps: AppDeps,
  { scope, acceptsBasic = false }: { scope: Route['scope']; acceptsBasic?: boolean },
): Promise<Identity> {
  if (scope === null) return { tokenId: 'nobody', name: 'anybody', scopes: [], roles: [] };
  const identity = await deps.authenticate(tokenOf(request.get('Authorization'), acceptsBasic));
  if (identity === null) {
    throw new BatonError('unauthenticated', 'expected a valid token as "Authorization: Bearer ...", found none');
  }
  if (!allows(identity.scopes, scope)) {
    const detail = `expected a token with the scope ${scope}, found one with ${identity.scopes.join(', ')}`;
    throw new BatonError('forbidden', detail);
  }
  return identity;
}

interface Patience {
  /** Aborted when the client has gone or the deadline has passed. */
  signal: AbortSignal;
  /** Rejects at the deadline, and never otherwise. */
  ended: Promise<never>;
  stop(): void;
}

/** Made once: every request is aborted in the end, most of them when nobody looks any more. */
const HAS_GONE = new DOMException('the client has gone', 'AbortError');

function startPatience(response: Response, deadlineMs: number | null): Patience {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    if (deadlineMs === null) return;
    timer = setTimeout(() => {
      controller.abort();
      reject(new BatonError('deadline_exceeded', `expected an answer within ${deadlineMs} ms, found none`));
    }, deadlineMs);
  });
  ended.catch(() => {}); // whoever awaits it has been told; nobody may be awaiting any more
  response.once('close', () => controller.abort(HAS_GONE));
  return { signal: controller.signal, ended, stop: () => clearTimeout(timer) };
}

async function answerCall(context: {
  request: Request;
  response: Response;
  route: Route;
  deps: AppDeps;
  identity: Identity;
  patience: Patience;
}): Promise<AnyAnswer> {
  const { request, response, route, deps, identity, patience } = context;
  const parts = await parseRequest(request, route, deps.settings);
  // The handler's own schemas made the parts: defineRoute ties its types to them.
  const call = { ...parts, identity, deps, request, requestId: requestIdOf(response), signal: patience.signal } as Call;
  const answer = await route.handler(call);
  if (deps.settings.validatesResponses) refuseUndeclared(route, answer);
  return answer;
}

/** For tests: an answer is one of those that the document promises. */
function refuseUndeclared(route: Route, answer: AnyAnswer): void {
  const declared = route.responses[answer.status];
  if (declared === undefined) throw new Error(`${route.method} ${route.path} answers ${answer.status}, undeclared`);
  if (answer.body === undefined || declared.schema === undefined) return;
  const parsed = declared.schema.safeParse(JSON.parse(JSON.stringify(answer.body)));
  if (!parsed.success) throw new Error(`${route.method} ${route.path} breaks its schema`, { cause: parsed.error });
}

async function send(response: Response, answer: AnyAnswer): Promise<void> {
  response.status(answer.status).set(answer.headers ?? {});
  response.set('Cache-Control', response.get('Cache-Control') ?? 'no-store');
  if (answer.write !== undefined) await answer.write(response);
  else if (answer.isEmpty === true) response.end();
  else if (answer.text !== undefined) response.type(answer.type ?? 'text/plain').send(answer.text);
  else response.type('application/json').send(JSON.stringify(answer.body));
}
