import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { PAGE_POLICY } from '../http/guards.ts';

/*
 * swagger-ui at /docs: its files are served from here, our own page and start script beside them, so that the page needs
 * neither another host nor inline scripts.
 */

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Baton: the calls</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="calls"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START_SCRIPT = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#calls',
  validatorUrl: null,
  queryConfigEnabled: false,
  persistAuthorization: false,
});
`;

const TYPES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;

const fileSchema = z.enum(['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png', 'start.js']);

export const getDocs = defineRoute({
  method: 'get',
  path: '/docs',
  scope: null,
  summary: 'The calls as a page to read and to try',
  tag: 'service',
  request: {},
  responses: { 200: { description: 'The page.', contentTypes: ['text/html'] } },
}).handle(async () => ({
  status: 200,
  type: 'text/html; charset=utf-8',
  headers: { 'Content-Security-Policy': PAGE_POLICY },
  text: PAGE,
}));

export const getDocsFile = defineRoute({
  method: 'get',
  path: '/docs/{file}',
  scope: null,
  summary: 'What the page at /docs consists of',
  tag: 'service',
  request: { params: z.strictObject({ file: fileSchema }) },
  responses: {
    200: { description: 'The file.', contentTypes: ['text/css', 'text/javascript', 'image/png'] },
  },
}).handle(async ({ deps, params: { file } }) => {
  if (file === 'start.js') return { status: 200, type: 'text/javascript; charset=utf-8', text: START_SCRIPT };
  const text = await readFile(path.join(deps.settings.swaggerDirectory, file));
  return { status: 200, type: TYPES[file], headers: { 'Cache-Control': 'max-age=3600' }, text };
});
