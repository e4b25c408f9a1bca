import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { findTrackQueues, type Database } from '@baton/database';
import type { Queue } from '@baton/queue';
import { Router, type RequestHandler } from 'express';
import type { AppDeps } from '../app-deps.ts';
import { PAGE_POLICY } from '../http/guards.ts';
import type { Mount } from '../http/route-types.ts';

const PATH = '/queues';

/** Bull Board: what is in the queues, to look at and not to change. Its pages load nothing from other hosts. */
export const queueBoard: Mount = {
  path: PATH,
  scope: 'admin',
  acceptsBasic: true,
  createRouter: ({ database, queue, completions }: AppDeps): Router => {
    const adapter = new ExpressAdapter();
    adapter.setBasePath(PATH);
    const board = createBullBoard({
      queues: [],
      serverAdapter: adapter,
      options: { uiConfig: { boardTitle: 'Baton: queues', hideRedisDetails: true } },
    });
    const router = Router();
    router.use(protectPages, refuseChanges);
    router.use(
      showQueues(
        { database, queueOf: (labelSet) => queue.queueOf(labelSet), completions, children: queue.childQueue() },
        board,
      ),
    );
    router.use(adapter.getRouter() as RequestHandler);
    return router;
  },
};

interface Shown {
  database: Database;
  queueOf(labelSet: string): Queue;
  completions: Queue;
  children: Queue;
}

/** A new label set has its queue on the board at the next look, without a restart. */
function showQueues(shown: Shown, board: ReturnType<typeof createBullBoard>): RequestHandler {
  const known = new Set<string>();
  const show = (queue: Queue): void => {
    if (known.has(queue.name)) return;
    known.add(queue.name);
    board.addQueue(new BullMQAdapter(queue, { readOnlyMode: true }));
  };
  show(shown.completions);
  show(shown.children);
  return async (_request, _response, next) => {
    for (const labelSet of await findTrackQueues(shown.database)) show(shown.queueOf(labelSet));
    next();
  };
}

/** The page names its own base, so that its relative links also work below /queues/. */
const BOARD_POLICY = PAGE_POLICY.replace("base-uri 'none'", "base-uri 'self'");
const FOREIGN_LINK = /<link\b[^>]*\bhref="(?:https?:)?\/\/[^>]*>/g;

/** The page as it comes asks Google for fonts: the policy would stop it, and the link is taken out as well. */
const protectPages: RequestHandler = (_request, response, next) => {
  response.set('Content-Security-Policy', BOARD_POLICY);
  response.set('Cache-Control', 'no-store');
  const render = response.render.bind(response) as (view: string, values: object, done: RenderDone) => void;
  response.render = (view: string, values?: unknown) => {
    render(view, (values ?? {}) as object, (error, html) => {
      if (error !== null) next(error);
      else response.type('html').send(html.replaceAll(FOREIGN_LINK, ''));
    });
  };
  next();
};

type RenderDone = (error: Error | null, html: string) => void;

/** The queues are read-only one by one; this also covers what the board may do besides. */
const refuseChanges: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') next();
  else response.set('Allow', 'GET, HEAD').sendStatus(405);
};
