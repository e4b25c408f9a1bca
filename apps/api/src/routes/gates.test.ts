import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthenticate } from '../auth/authenticate.ts';
import { createTestApi, type TestApi } from '../testing.ts';
import { as, makeToken, startApiFlow, type ApiFlow } from '../testing-flow.ts';

let api: TestApi;
let ops: string;
let lead: string;
let reader: string;
beforeAll(async () => {
  api = await createTestApi();
  ops = await makeToken(api, { name: 'olga', scopes: ['operate'], roles: ['ops'] });
  lead = await makeToken(api, { name: 'lena', roles: ['lead', 'other'] });
  reader = await makeToken(api, { name: 'rita' });
});
afterAll(() => api.close());

/** A, and B behind a gate. */
function startGated(gate: object, start: { token?: string; B?: object } = {}): Promise<ApiFlow> {
  const vertices = [{ name: 'A' }, { name: 'B', gate, ...start.B }];
  return startApiFlow(api, {
    graph: { vertices, edges: [['A', 'B']] },
    ...(start.token === undefined ? {} : { token: start.token }),
  });
}

const decide = (token: string, flow: ApiFlow, step: string, body: object = {}): ReturnType<TestApi['call']> =>
  as(api, token, 'post', `/api/v1/tracks/${flow.trackId('B')}/${step}`).send(body);

test('a gate holds its track until somebody approves, who is recorded', async () => {
  const flow = await startGated({ message: 'deploy?', expiresMs: 3_600_000 });
  await flow.decide('B', 'approve').expect(409);
  await flow.run(['A']);
  expect(await flow.states()).toEqual({ A: 'SUCCEED', B: 'PENDING approval' });
  const held = await api.call('get', `/api/v1/tracks/${flow.trackId('B')}`).expect(200);
  expect(held.body).toMatchObject({
    gate: { message: 'deploy?', form: {}, approvers: [], forbidSelfApproval: false, onExpiry: 'reject' },
    gateDecision: null,
    lastAction: null,
  });
  expect(Date.parse(held.body.gate.expiresAt)).toBeGreaterThan(Date.now());
  expect(flow.enqueued()).toEqual(['A']);
  const approved = await decide(ops, flow, 'approve', { comment: 'looked at it' }).expect(200);
  expect(approved.body).toMatchObject({
    state: 'PENDING',
    awaits: null,
    gateDecision: 'approved',
    gate: { expiresAt: null },
    lastAction: { kind: 'approve', actor: 'olga', reason: 'looked at it' },
  });
  expect(flow.enqueued()).toEqual(['A', 'B']);
  await flow.run(['B']);
  expect(await flow.states()).toEqual({ A: 'SUCCEED', B: 'SUCCEED' });
});

test('the same decision again changes nothing, the other one is a conflict', async () => {
  const form = { ticket: { type: 'string', required: true }, pin: { default: 'p', secret: true } };
  const flow = await startGated({ form }, { B: { script: 'echo {ticket}' } });
  await flow.run(['A']);
  await decide(ops, flow, 'approve', { params: { ticket: 'T-1' } }).expect(200);
  await decide(ops, flow, 'approve', { params: { ticket: 'T-1' } }).expect(200);
  expect((await decide(ops, flow, 'approve').expect(200)).body.input).toMatchObject({ ticket: 'T-1' });
  await decide(ops, flow, 'approve', { params: { ticket: 'T-1', pin: 'guess' } }).expect(200);
  expect((await decide(ops, flow, 'reject').expect(409)).body.code).toBe('state_conflict');
  const other = await decide(ops, flow, 'approve', { params: { ticket: 'T-2' } }).expect(409);
  expect(other.body.detail).toBe('expected the gate of B to be open, found it approved with other values of ticket');
  expect(flow.enqueued()).toEqual(['A', 'B']);
  await flow.run(['B']);
  await decide(ops, flow, 'approve').expect(200);
});

test('a rejection skips the track, or fails it if the gate says so; then an approval is a conflict', async () => {
  for (const [onReject, state] of [
    ['skip', 'SKIPPED'],
    ['fail', 'FAILED'],
  ]) {
    const flow = await startGated({ onReject });
    await flow.run(['A']);
    const { body } = await decide(ops, flow, 'reject', { reason: 'not today' }).expect(200);
    expect(body).toMatchObject({ state, reason: 'rejected', gateDecision: 'rejected' });
    expect(body.lastAction).toMatchObject({ kind: 'reject', actor: 'olga', reason: 'not today' });
    await decide(ops, flow, 'reject').expect(200);
    await decide(ops, flow, 'approve').expect(409);
  }
});

describe('who may decide', () => {
  test('without approvers: whoever may operate', async () => {
    const flow = await startGated({});
    await flow.run(['A']);
    for (const step of ['approve', 'reject']) {
      const { body } = await decide(reader, flow, step).expect(403);
      expect(body).toMatchObject({ code: 'forbidden', detail: expect.stringContaining('operate') });
    }
    await decide(ops, flow, 'approve').expect(200);
  });

  test('with approvers: only these, by token or by role, whatever their scope', async () => {
    const flow = await startGated({ approvers: ['token:somebody', 'role:lead'] });
    await flow.run(['A']);
    for (const token of [ops, reader]) {
      const { body } = await decide(token, flow, 'approve').expect(403);
      expect(body).toMatchObject({ code: 'not_an_approver', detail: expect.stringContaining('role:lead') });
    }
    const admin = await flow.decide('B', 'reject').expect(403);
    expect(admin.body.code).toBe('not_an_approver');
    await decide(lead, flow, 'approve').expect(200);
    const named = await startGated({ approvers: ['token:rita'] });
    await named.run(['A']);
    await decide(lead, named, 'approve').expect(403);
    await decide(reader, named, 'approve').expect(200);
  });

  test('not who started the pipeline, where the gate forbids that', async () => {
    const flow = await startGated({ forbidSelfApproval: true }, { token: ops });
    await flow.run(['A']);
    for (const step of ['approve', 'reject']) {
      const { body } = await decide(ops, flow, step).expect(403);
      expect(body).toMatchObject({ code: 'self_approval_forbidden', detail: expect.stringContaining('olga') });
    }
    await flow.decide('B', 'approve').expect(200);
  });

  test('everybody, where authentication is off: nobody can be told from anybody else', async () => {
    const settings = { isOn: false, adminToken: null, workerToken: null };
    const open = await createTestApi({ deps: { authenticate: createAuthenticate(api.database, settings) } });
    const vertices = [{ name: 'A', gate: { approvers: ['role:lead'], forbidSelfApproval: true } }];
    const flow = await startApiFlow(open, { graph: { vertices } });
    const { body } = await open.call('get', '/api/v1/inbox?mine=true').expect(200);
    expect(body.items).toMatchObject([{ vertex: 'A', createdBy: 'anybody', me: true }]);
    await flow.decide('A', 'approve').expect(200);
    await open.close();
  });

  test('a worker, or nobody: refused', async () => {
    const flow = await startGated({});
    const worker = await makeToken(api, { name: 'w', scopes: ['worker'] });
    await decide(worker, flow, 'approve').expect(403);
    await decide('baton_x', flow, 'approve').expect(401);
  });
});

test('the form of a gate makes parameters of the track; all that is wrong with it is said at once', async () => {
  const form = {
    ticket: { type: 'string', required: true, pattern: 'T-[0-9]+' },
    count: { type: 'integer', default: 3 },
    pin: { type: 'string', secret: true, default: 'hunter2' },
  };
  const flow = await startGated(
    { form },
    { B: { script: 'deploy {ticket} {count} {host}', input: { host: { default: 'h1' } } } },
  );
  await flow.run(['A']);
  const held = await api.call('get', `/api/v1/tracks/${flow.trackId('B')}`).expect(200);
  expect(held.body.gate.form).toMatchObject({ ticket: { required: true }, pin: { secret: true, default: '***' } });
  expect(held.text).not.toContain('hunter2');
  const bad = await decide(ops, flow, 'approve', { params: { count: 'x', host: 'h2', tickett: 'T-1' } }).expect(422);
  expect(bad.body.code).toBe('invalid_parameters');
  expect(bad.body.problems.map(({ code, pointer }: Problem) => `${code} ${pointer}`).toSorted()).toEqual([
    'invalid_parameter /params/count',
    'missing_parameter /params/ticket',
    'unknown_parameter /params/host',
    'unknown_parameter /params/tickett',
  ]);
  const wrong = await decide(ops, flow, 'approve', { params: { ticket: 'x' } }).expect(422);
  expect(wrong.body.problems.map(({ code }: Problem) => code)).toEqual(['invalid_parameter']);
  expect(await flow.states()).toMatchObject({ B: 'PENDING approval' });
  const { body, text } = await decide(ops, flow, 'approve', { params: { ticket: 'T-7' } }).expect(200);
  expect(body).toMatchObject({
    input: { ticket: 'T-7', count: 3, host: 'h1', pin: '***' },
    script: 'deploy T-7 3 h1',
  });
  expect(text).not.toContain('hunter2');
  const history = await api.call('get', `/api/v1/pipelines/${flow.pipelineId}/history?limit=200`).expect(200);
  expect(history.text).not.toContain('hunter2');
  expect(history.text).not.toContain('T-7');
});

interface Problem {
  code: string;
  pointer: string;
}

test('twenty people at once, for and against: one decision', async () => {
  const flow = await startGated({});
  await flow.run(['A']);
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => decide(ops, flow, index % 2 === 0 ? 'approve' : 'reject')),
  );
  const { B } = await flow.states();
  const winner = B === 'PENDING' ? 0 : 1;
  expect(answers.map(({ status }) => status)).toEqual(answers.map((_, index) => (index % 2 === winner ? 200 : 409)));
  const { body } = await api.call('get', `/api/v1/pipelines/${flow.pipelineId}/history?limit=200`).expect(200);
  const kinds = body.items.map(({ kind }: { kind: string }) => kind);
  expect(kinds.filter((kind: string) => kind === 'approve' || kind === 'reject')).toHaveLength(1);
  expect(flow.enqueued()).toEqual(winner === 0 ? ['A', 'B'] : ['A']);
});

test('what has no gate, and what does not exist, cannot be approved', async () => {
  const flow = await startGated({});
  expect((await flow.decide('A', 'approve').expect(409)).body.detail).toContain('gate');
  await api.call('post', '/api/v1/tracks/999/approve').expect(404);
  await decide(ops, flow, 'approve', { comment: 'a', reason: 'b' }).expect(422);
  await decide(ops, flow, 'approve', { comment: 'x'.repeat(501) }).expect(422);
  await decide(ops, flow, 'reject', { params: {} }).expect(422);
});
