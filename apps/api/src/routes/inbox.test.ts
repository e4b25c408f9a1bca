import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execute } from '@baton/database';
import { insertFlowRows } from '@baton/database/testing';
import { createTestApi, type TestApi } from '../testing.ts';
import { as, makeToken, startApiFlow, type ApiFlow } from '../testing-flow.ts';

let api: TestApi;
let flow: ApiFlow;
let reader: string;
beforeAll(async () => {
  api = await createTestApi();
  reader = await makeToken(api, { name: 'rita', roles: ['lead'] });
  const input = { ip: { type: 'string', required: true }, port: { type: 'integer', default: 80 } };
  const vertices = [
    { name: 'held', input, script: 'ping {ip} {port}', onMissing: 'ask' },
    { name: 'gated', gate: { message: 'go on?', approvers: ['role:lead'], expiresMs: 60_000_000 } },
    { name: 'open', gate: {} },
    { name: 'choosing', next: 'after' },
    { name: 'after' },
    { name: 'failing' },
  ];
  const graph = { vertices, edges: [['choosing', 'after']] };
  flow = await startApiFlow(api, { graph, start: { mode: 'manual', onFailure: 'hold', name: 'the pipeline' } });
  await flow.run(['choosing']);
  await flow.run(['failing'], { exitCode: 3 });
});
afterAll(() => api.close());

interface Item {
  vertex: string;
  kind: string;
  me: boolean;
  since: string;
  trackId: number;
}

async function read(query = '', token?: string): Promise<{ items: Item[]; nextCursor: string | null }> {
  return (await as(api, token, 'get', `/api/v1/inbox${query}`).expect(200)).body;
}

test('lists what awaits a person: what, since when, and what has to be given', async () => {
  const { items, nextCursor } = await read();
  expect(nextCursor).toBeNull();
  expect(items).toMatchObject([
    { vertex: 'held', kind: 'params', state: 'PENDING', form: { ip: { type: 'string', required: true } }, me: true },
    { vertex: 'gated', kind: 'approval', message: 'go on?', approvers: ['role:lead'], me: false },
    { vertex: 'open', kind: 'approval', approvers: [], message: null, expiresAt: null, me: true },
    { vertex: 'choosing', kind: 'choice', choice: { offered: ['after'], successors: ['after'] }, me: true },
    { vertex: 'failing', kind: 'decision', state: 'FAILED', exitCode: 3, reason: 'exit_code', me: true },
  ]);
  expect(Object.keys((items[0] as unknown as { form: object }).form)).toEqual(['ip']);
  expect(items[1]).toMatchObject({ pipeline: 'the pipeline', createdBy: 'admin', expiresAt: expect.any(String) });
  for (const { since } of items) expect(Math.abs(Date.now() - Date.parse(since))).toBeLessThan(60_000);
});

test('is filtered by kind, and by whether the caller may decide', async () => {
  const approvals = await read('?kind=approval&kind=choice');
  expect(approvals.items.map(({ vertex }) => vertex)).toEqual(['gated', 'open', 'choosing']);
  const mine = await read('?mine=true');
  expect(mine.items.map(({ vertex }) => vertex)).toEqual(['held', 'open', 'choosing', 'failing']);
  const hers = await read('?mine=true', reader);
  expect(hers.items).toMatchObject([{ vertex: 'gated', me: true }]);
});

test('goes from page to page', async () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof read>> = await read(`?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`);
    expect(page.items.length).toBeLessThanOrEqual(2);
    seen.push(...page.items.map(({ vertex }) => vertex));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual(['held', 'gated', 'open', 'choosing', 'failing']);
});

test('what has been given is gone, and all of a pipeline that has ended', async () => {
  await flow.decide('held', 'params', { params: { ip: '10.0.0.1' } }).expect(200);
  await flow.decide('open', 'approve').expect(200);
  expect((await read()).items.map(({ vertex }) => vertex)).toEqual(['gated', 'choosing', 'failing']);
  await flow.control('cancel').expect(200);
  expect((await read()).items).toEqual([]);
});

test('what others decide is left out in bounded steps: a page may be empty, and the next one not', async () => {
  const vertices = Array.from({ length: 2101 }, (_, index) => {
    const gate = { approvers: [index === 2100 ? 'role:lead' : 'role:nobody'], form: {} };
    return { name: `G${index}`, policies: { gate } };
  });
  await insertFlowRows(api.database, { vertices });
  await execute(api.database.dataSource, `UPDATE track SET awaits = 'approval', due_at = NULL WHERE state = 'PENDING'`);
  const first = await read('?mine=true', reader);
  expect(first.items).toEqual([]);
  expect(first.nextCursor).not.toBeNull();
  const second = await read(`?mine=true&cursor=${first.nextCursor}`, reader);
  expect(second).toMatchObject({ items: [{ vertex: 'G2100' }], nextCursor: null });
});

test('what is wrong with it is told with what was given', async () => {
  const { body } = await api.call('get', '/api/v1/inbox?kind=nothing').expect(422);
  const message = 'query parameter kind: expected one of params, approval, choice, decision, found "nothing"';
  expect(body.problems).toEqual([{ code: 'invalid_field', message }]);
});

test.each(['?kind=nothing', '?mine=1', '?limit=0', '?cursor=-1', '?who=me'])('%s is refused', async (query) => {
  const { body } = await api.call('get', `/api/v1/inbox${query}`).expect(422);
  expect(body.code).toBe('invalid_request');
});
