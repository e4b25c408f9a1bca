import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findProcessIdentity } from './process-identity.ts';
import { readStackFile } from './stack-file.ts';
import type { Servers } from './start-servers.ts';
import { type Stack, type StackOptions, startStack } from './start-stack.ts';
import { makeTemporaryDirectory } from './testing/temporary-directory.ts';
import { testServers } from './testing.ts';
import { pollUntil } from './wait.ts';

// Stands in for a Baton process: it says when it is ready, shows its environment, and notes its end.
const FAKE_MAIN = `
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
const note = (what) => appendFileSync(process.env.JOURNAL, what + ' ' + import.meta.url.split('/').at(-3) + '\\n');
const server = createServer((request, response) => response.end(JSON.stringify(process.env)));
process.on('SIGTERM', () => { if (process.env.DEAF) return; note('end'); process.exit(0); });
if (process.env.BROKEN === import.meta.url.split('/').at(-3)) { console.log('this is why'); process.exit(3); }
server.listen(Number(process.env.BATON_PORT ?? 0), '127.0.0.1', () => {
  note('start');
  console.log(JSON.stringify({ level: 30, event: 'ready', url: 'http://127.0.0.1:' + server.address().port }));
});
`;

let folder: ReturnType<typeof makeTemporaryDirectory>;
let journal: string;
let stacks: Stack[];
let reports: string[];

beforeEach(() => {
  folder = makeTemporaryDirectory();
  journal = path.join(folder.directory, 'journal');
  stacks = [];
  reports = [];
  for (const kind of ['api', 'orchestrator', 'worker']) {
    mkdirSync(path.join(folder.directory, 'apps', kind, 'dist'), { recursive: true });
    writeFileSync(path.join(folder.directory, 'apps', kind, 'dist/main.js'), FAKE_MAIN);
  }
  writeFileSync(path.join(folder.directory, 'apps/package.json'), '{"type":"module"}');
});

afterEach(async () => {
  const pids = stacks.flatMap((stack) => stack.processes.map(({ pid }) => pid));
  await Promise.all(stacks.map((stack) => stack.stop()));
  expect(pids.map(findProcessIdentity).filter((identity) => identity !== null)).toEqual([]);
  folder.remove();
});

async function start(options: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack({
    directory: path.join(folder.directory, 'stack'),
    report: (line) => reports.push(line),
    servers: makeServers(),
    appsDirectory: path.join(folder.directory, 'apps'),
    ...options,
    environment: { JOURNAL: journal, ...options.environment },
  });
  stacks.push(stack);
  return stack;
}

function makeServers(): Servers {
  return { ...testServers(), descriptions: { mysql: '', redis: '' }, stop: async () => undefined };
}

async function fetchEnvironment(url: string | undefined): Promise<Record<string, string>> {
  const response = await fetch(url ?? '');
  return (await response.json()) as Record<string, string>;
}

function findProcess(stack: Stack, name: string): Stack['processes'][number] {
  const found = stack.processes.find((one) => one.name === name);
  if (!found) throw new Error(`no process ${name}`);
  return found;
}

function readEnvironment(pid: number): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return Object.fromEntries(lines.map((line) => [line.split('=', 1)[0] ?? '', line.replace(/^[^=]*=/, '')]));
}

test('each process gets its own settings, and a worker never the database', async () => {
  const stack = await start({ apis: 2, workerLabels: [undefined, 'gpu,big'], environment: { EXTRA: 'yes' } });
  const { mysqlUrl, redisUrl } = testServers();
  const api = await fetchEnvironment(stack.url);
  expect(api).toMatchObject({ BATON_MYSQL_URL: mysqlUrl, BATON_REDIS_URL: redisUrl, BATON_HOST: '127.0.0.1' });
  expect(api).toMatchObject({ BATON_ADMIN_TOKEN: stack.token, BATON_WORKER_TOKEN: stack.workerToken, EXTRA: 'yes' });
  expect(stack.token).toMatch(/^baton_[\w-]{43}$/);
  const orchestrator = readEnvironment(findProcess(stack, 'orchestrator-1').pid);
  expect(orchestrator).toMatchObject({ BATON_MYSQL_URL: mysqlUrl, EXTRA: 'yes' });
  expect(orchestrator).not.toHaveProperty('BATON_ADMIN_TOKEN');
  const workers = ['worker-1', 'worker-2'].map((name) => readEnvironment(findProcess(stack, name).pid));
  for (const worker of workers) {
    expect(Object.entries(worker).filter(([name, value]) => /mysql/i.test(name + value))).toEqual([]);
    expect(worker.BATON_WORKER_TOKEN).toBe(stack.workerToken);
    expect(statSync(worker.BATON_WORKER_DIRECTORY ?? '').isDirectory()).toBe(true);
  }
  expect(workers.map((worker) => worker.BATON_LABELS)).toEqual([undefined, 'gpu,big']);
  expect(new Set(workers.map((worker) => worker.BATON_API_URL)).size).toBe(2);
});

test('stack.json describes the running stack to its owner only, and is gone after it', async () => {
  const stack = await start();
  const directory = path.join(folder.directory, 'stack');
  expect(readStackFile(directory)).toMatchObject({
    url: stack.url,
    token: stack.token,
    pids: { mysql: null, api: [findProcess(stack, 'api-1').pid], worker: [expect.any(Number), expect.any(Number)] },
  });
  expect(statSync(path.join(directory, 'stack.json')).mode & 0o777).toBe(0o600);
  const added = await stack.addProcess('worker', { BATON_LABELS: 'more' });
  expect(readStackFile(directory)?.pids.worker).toContain(added.pid);
  await stack.stop();
  expect(readStackFile(directory)).toBeNull();
});

test('stopping ends workers first, then orchestrators, then the API', async () => {
  const stack = await start();
  await Promise.all([stack.stop(), stack.stop()]);
  const ends = readFileSync(journal, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('end'));
  expect(ends).toEqual(['end worker', 'end worker', 'end orchestrator', 'end api']);
});

test('what ends by itself is started again, an API at the same address', async () => {
  const stack = await start();
  const api = findProcess(stack, 'api-1');
  const firstPid = api.pid;
  api.kill('SIGKILL');
  const pidAfterwards = await pollUntil(
    () => readStackFile(path.join(folder.directory, 'stack'))?.pids.api.find((pid) => pid !== firstPid),
    10_000,
  );
  expect(pidAfterwards).toBe(api.pid);
  expect(api.url).toBe(stack.url);
  await expect(fetchEnvironment(stack.url)).resolves.toMatchObject({ BATON_ADMIN_TOKEN: stack.token });
  expect(reports.join('\n')).toMatch(/api-1 ended by itself with SIGKILL; it is started again in 250 ms/);
});

test('with restart: false a killed process stays dead until it is restarted', async () => {
  const stack = await start({ restart: false });
  const worker = findProcess(stack, 'worker-2');
  // What it said of this host as it started.
  const before = reports.length;
  worker.kill('SIGKILL');
  await expect(worker.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  await worker.restart();
  expect(findProcessIdentity(worker.pid)).not.toBeNull();
  expect(reports.slice(before)).toEqual([]);
});

test('a process that does not become ready ends the start, showing its log, and leaves nothing running', async () => {
  const broken = start({ environment: { BROKEN: 'orchestrator' } });
  await expect(broken).rejects.toThrow(/orchestrator-1 ended with status 3 before it was ready[\s\S]*this is why/);
  const lines = readFileSync(journal, 'utf8').split('\n');
  expect(lines.filter((line) => line === 'end api')).toHaveLength(lines.filter((line) => line === 'start api').length);
  await expect(start()).resolves.toBeDefined();
});

test('a missing bundle is named', async () => {
  const nowhere = start({ appsDirectory: path.join(folder.directory, 'nowhere') });
  await expect(nowhere).rejects.toThrow(/api\/dist\/main\.js is missing: run "npm run build"/);
});

test('a second stack is told where the first one runs', async () => {
  const stack = await start();
  await expect(start()).rejects.toThrow(`already running in ${path.join(folder.directory, 'stack')} at ${stack.url}`);
});

test('a stack file that is not one is refused, and none is no error', () => {
  expect(readStackFile(folder.directory)).toBeNull();
  writeFileSync(path.join(folder.directory, 'stack.json'), '{"url": "http://127.0.0.1:1"}');
  expect(() => readStackFile(folder.directory)).toThrow(/does not describe a stack/);
});

test('starting and stopping many times leaves nothing behind', async () => {
  for (let round = 1; round <= 5; round += 1) {
    const stack = await start({ workers: 1 });
    await expect(fetchEnvironment(stack.url)).resolves.toMatchObject({ BATON_ADMIN_TOKEN: stack.token });
    await stack.stop();
  }
});
