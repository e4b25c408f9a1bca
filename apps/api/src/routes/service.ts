import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { PAGE_POLICY } from '../http/guards.ts';

export const getMetrics = defineRoute({
  method: 'get',
  path: '/metrics',
  scope: 'read',
  summary: 'Metrics of this process and of what is under way, for Prometheus',
  tag: 'service',
  request: {},
  responses: { 200: { description: 'In its text format.', contentTypes: ['text/plain'] } },
}).handle(async ({ deps: { metrics } }) => ({ status: 200, type: metrics.contentType, text: await metrics.read() }));

const openApiSchema = z.record(z.string(), z.json()).describe('OpenAPI 3.1');

/** @param document is made from the table that this route stands in, so it comes as a function */
export function openApiRoute(document: () => unknown): ReturnType<ReturnType<typeof defineRoute>['handle']> {
  return defineRoute({
    method: 'get',
    path: '/openapi.json',
    scope: null,
    summary: 'This document',
    tag: 'service',
    request: {},
    responses: { 200: { description: 'The document.', schema: openApiSchema } },
  }).handle(async () => ({ status: 200, type: 'application/json', text: JSON.stringify(document()) }));
}

const ROOT_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Baton</title></head>
<body>
<h1>Baton</h1>
<p>The API of a Baton runs here: it starts graphs of scripts as pipelines and shows how they flow.</p>
<ul>
<li><a href="/docs">The calls</a>, and as a document: <a href="/openapi.json">openapi.json</a></li>
<li><a href="/queues">The queues</a> (the name may be anything, the password is an admin token)</li>
<li>For machines: <a href="/healthz">healthz</a>, <a href="/readyz">readyz</a>, /metrics</li>
</ul>
</body>
</html>
`;

export const getRoot = defineRoute({
  method: 'get',
  path: '/',
  scope: null,
  summary: 'A page that says what runs here',
  tag: 'service',
  request: {},
  responses: { 200: { description: 'The page.', contentTypes: ['text/html'] } },
}).handle(async () => ({
  status: 200,
  type: 'text/html; charset=utf-8',
  headers: { 'Content-Security-Policy': PAGE_POLICY },
  text: ROOT_PAGE,
}));
