import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callApi, waitForEnd, waitUntil, type ApiCaller } from './testing/call-api.ts';
import { runCli } from './testing/run-cli.ts';
import { startTestStack, type TestStack } from './testing/start-test-stack.ts';

/** What persons do, by the commands that the command line itself says, on a whole Baton. */
let stack: TestStack;
let api: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack({ workers: 1 });
  api = callApi(stack.url, stack.token);
}, 120_000);

afterAll(() => stack.stop());

/** Runs `baton`, which must succeed. */
async function baton(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCli(stack, words);
  expect({ words, exitCode, stderr }).toEqual({ words, exitCode: 0, stderr: '' });
  return stdout;
}

async function save(document: { name: string } & Record<string, unknown>): Promise<string> {
  const file = join(stack.directory, `${document.name}.json`);
  await writeFile(file, JSON.stringify(document));
  return file;
}

async function start(...words: string[]): Promise<number> {
  return (JSON.parse(await baton('run', ...words, '--json')) as { id: number }).id;
}

/** The commands that `show` says, once it says so many. */
async function readCommands(pipelineId: number, count: number): Promise<string[][]> {
  return waitUntil(
    async () =>
      [...(await baton('show', String(pipelineId))).matchAll(/: npx baton ([^,\n]+)/g)].map(([, words = '']) =>
        words.trim().split(' '),
      ),
    (commands) => commands.length === count,
  );
}

const vertex = (name: string, fields: object = {}) => ({ name, script: `echo ${name}`, ...fields });

test('in manual mode each command that show says lets the flow go on', async () => {
  const vertices = [vertex('A', { next: ['B'] }), vertex('B'), vertex('C'), vertex('D')];
  const edges = [
    ['A', 'B'],
    ['A', 'C'],
    ['B', 'D'],
    ['C', 'D'],
  ];
  const id = await start(await save({ name: 'by-hand', vertices, edges }), '--mode', 'manual');
  const [first = []] = await readCommands(id, 1);
  expect(first).toEqual(['next', `${id}/A`, 'B']);
  expect(await baton(...first, '--reason', 'shorter')).toBe(`${id}/A goes on with B.`);
  const other = await runCli(stack, ['next', `${id}/A`, 'C']);
  expect(other).toMatchObject({ exitCode: 2, stdout: '' });
  expect(other.stderr).toContain('409 state_conflict');
  const [second = []] = await readCommands(id, 1);
  await baton(...second);
  expect(await waitForEnd(api, id)).toMatchObject({ state: 'FINISH' });
  const history = await baton('history', String(id), '--follow');
  expect(history).toMatch(/choose A by admin \(shorter\): names B, B PENDING, C SKIPPED/);
  expect(history).toMatch(/pipeline FINISH$/);
  expect(await baton('show', `${id}/A`)).toContain('went on with B');
}, 180_000);

test('a gate with a form, approved by a token of its role, and what is handed on after it', async () => {
  const gate = { approvers: ['role:release'], form: { tag: { type: 'string', required: true } }, message: 'Ship it?' };
  const script = 'echo "tag={tag}" >> "$BATON_OUTPUT"';
  const id = await start(await save({ name: 'gated', vertices: [{ name: '发布', script, gate }], edges: [] }));
  expect(await readCommands(id, 1)).toEqual([['approve', `${id}/发布`, '-p', 'tag=...']]);
  const approve = ['approve', `${id}/发布`, '-p', 'tag=v 1', '--comment', 'fine'];
  expect(await runCli(stack, approve)).toMatchObject({ exitCode: 4, stdout: '' });
  const token = await baton('tokens', 'create', 'alice', '--role', 'release');
  const alice = { url: stack.url, token };
  const inbox = await runCli(alice, ['inbox', '--mine']);
  expect(inbox.stdout).toContain('approval: Ship it?');
  expect(inbox.stdout).toContain(`npx baton approve ${id}/发布 -p tag=...`);
  expect(await runCli(alice, ['approve', `${id}/发布`])).toMatchObject({ exitCode: 2 });
  expect(await runCli(alice, approve)).toMatchObject({ exitCode: 0 });
  expect(await waitForEnd(api, id)).toMatchObject({ state: 'FINISH' });
  expect(await baton('outputs', `${id}/发布`)).toBe('tag=v 1');
  expect(await baton('outputs', `${id}/发布`, '--key', 'tag')).toBe('v 1');
}, 180_000);

test('what failed runs again with changed parameters, after a preview; a track is skipped, a failure given up', async () => {
  const input = { code: { type: 'int', default: 1 } };
  const failing = { name: 'A', script: 'exit {code}', input };
  const file = await save({ name: 'mended', vertices: [failing, vertex('B')], edges: [['A', 'B']] });
  const id = await start(file);
  expect(await waitForEnd(api, id)).toMatchObject({ state: 'FAILED' });
  const preview = await baton('retry', String(id), '-p', 'code=0', '--preview');
  expect(preview).toContain('2 tracks would run again; nothing was changed:');
  expect(preview).toMatch(/A +2 +params\.code/);
  expect(await waitForEnd(api, id)).toMatchObject({ state: 'FAILED' });
  await baton('retry', String(id), '-p', 'code=0');
  expect(await waitForEnd(api, id)).toMatchObject({ state: 'FINISH' });
  await baton('retry', `${id}/B`);
  expect(await waitForEnd(api, id)).toMatchObject({ state: 'FINISH' });
  expect(await baton('show', `${id}/B`)).toMatch(/\n2 .*\bsucceed\b/);

  const held = await start(file, '--on-failure', 'hold');
  expect(await readCommands(held, 1)).toEqual([['retry', `${held}/A`]]);
  await baton('skip', `${held}/A`);
  expect(await waitForEnd(api, held)).toMatchObject({ state: 'FINISH' });
  const given = await start(file, '--on-failure', 'hold');
  await readCommands(given, 1);
  await baton('give-up', `${given}/A`);
  expect(await waitForEnd(api, given)).toMatchObject({ state: 'FAILED' });
}, 180_000);

test('pause and resume, a pool, a track that is cancelled, and a pipeline in a pipeline', async () => {
  const child = await save({ name: 'inner', vertices: [vertex('X')], edges: [] });
  await baton('graph', 'apply', child);
  expect(await baton('pool', 'set', 'narrow', '0')).toBe('Pool narrow: at most 0 at once, 0 running.');
  const vertices = [
    vertex('closed', { pools: ['narrow'] }),
    { name: 'runs', pipeline: { graph: 'inner' } },
    { name: 'long', script: 'sleep 600' },
  ];
  const id = await start(await save({ name: 'outer', onFailure: 'continue', vertices, edges: [] }));
  const children = async () =>
    (JSON.parse(await baton('ps', '--parent', `${id}/runs`, '--json')) as { items: { id: number }[] }).items;
  const [inner] = await waitUntil(children, ({ length }) => length === 1);
  expect(await baton('show', String(inner?.id))).toContain(`run by ${id}/runs (track `);
  expect(await baton('show', String(id))).toContain(`pipeline ${inner?.id}`);
  await waitUntil(
    () => baton('show', `${id}/long`),
    (text) => text.includes('RUNNING:') || text.includes('\n1 '),
  );
  expect(await baton('pause', String(id), '--reason', 'lunch')).toContain('PAUSED');
  expect(await baton('resume', String(id))).toContain('RUNNING');
  expect(await baton('cancel', `${id}/long`)).toContain(`${id}/long is`);
  await baton('pool', 'set', 'narrow', '1');
  expect(await waitForEnd(api, id)).toMatchObject({ state: 'FAILED' });
  expect(await baton('pool', 'list')).toMatch(/narrow +1 +0 +0/);
}, 180_000);

test.each([{ CI: 'true' }, { FORCE_COLOR: '1' }])('what is piped has no colours with %j', async (environment) => {
  const id = await start(await save({ name: 'plain', vertices: [vertex('A')], edges: [] }));
  await waitForEnd(api, id);
  const { stdout } = await runCli(stack, ['why', String(id)], environment);
  expect(stdout).toContain(`plain (pipeline ${id}) is FINISH`);
});
