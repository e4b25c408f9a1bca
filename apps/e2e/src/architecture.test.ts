import { describe, expect, test } from '@jest/globals';
import { readSources, type SourceFile } from './read-sources.ts';

/** Who may import whom; nothing else may. `e2e` holds no production code and may see everything. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'packages/domain': [],
  'packages/database': ['domain'],
  'packages/queue': ['domain'],
  'packages/claims': ['database', 'queue', 'service', 'domain'],
  'packages/client': ['domain'],
  'packages/service': [],
  'packages/devstack': [],
  'apps/api': ['claims', 'database', 'queue', 'service', 'domain'],
  'apps/orchestrator': ['claims', 'database', 'queue', 'service', 'domain'],
  'apps/worker': ['queue', 'client', 'service', 'domain'],
  'apps/cli': ['client', 'domain', 'devstack'],
  'apps/e2e': ['domain', 'database', 'queue', 'client', 'service', 'devstack'],
};

/** Tests may besides use the servers of devstack and the test helpers of the packages below them. */
const TESTS_MAY_IMPORT = ['devstack/testing', 'devstack', 'database/testing', 'queue/testing', 'domain/testing'];

/** Dependencies that one room fences off. devstack looks after servers, so it may speak to them. */
const FENCED: Record<string, readonly string[]> = {
  typeorm: ['packages/database'],
  mysql2: ['packages/database', 'packages/devstack'],
  bullmq: ['packages/queue'],
  ioredis: ['packages/queue', 'packages/devstack'],
  express: ['apps/api'],
  execa: ['apps/worker', 'packages/devstack', 'apps/cli', 'apps/e2e'],
};

const MAX_FILE_LINES = 300;
const MAX_FUNCTION_LINES = 60;
/** Express tells an error handler by its four parameters. */
const MAX_PARAMETERS = 3;
const ERROR_HANDLER = /^\(error: unknown, request, response, _/;

const sources = readSources();
const production = sources.filter(({ isTest }) => !isTest);

function ours(file: SourceFile): string[] {
  return file.imports.filter((name) => name.startsWith('@baton/')).map((name) => name.slice('@baton/'.length));
}

describe('who may import whom', () => {
  test.each(Object.entries(MAY_IMPORT))('%s imports only what its row says', (room, allowed) => {
    const files = sources.filter((file) => file.room === room);
    expect(files.length).toBeGreaterThan(0);
    const forbidden = files.flatMap((file) =>
      ours(file)
        .filter((name) => !allowed.includes(name) && !(file.isTest && TESTS_MAY_IMPORT.includes(name)))
        .map((name) => `${file.path} imports @baton/${name}`),
    );
    expect(forbidden).toEqual([]);
  });

  test('every room has its row', () => {
    expect([...new Set(sources.map(({ room }) => room))].toSorted()).toEqual(Object.keys(MAY_IMPORT).toSorted());
  });

  test('no file reaches into another room by a path', () => {
    const reaching = sources.flatMap((file) =>
      file.imports
        .filter((name) => name.startsWith('.'))
        .filter((name) => !new URL(name, `file:///${file.path}`).pathname.startsWith(`/${file.room}/`))
        .map((name) => `${file.path} imports ${name}`),
    );
    expect(reaching).toEqual([]);
  });

  test.each(Object.entries(FENCED))('%s is imported only behind its fence', (dependency, rooms) => {
    const outside = production
      .filter((file) => file.imports.some((name) => name === dependency || name.startsWith(`${dependency}/`)))
      .filter((file) => !rooms.includes(file.room))
      .map(({ path }) => path);
    expect(outside).toEqual([]);
  });

  test('in the worker, execa is imported by one file', () => {
    const files = production.filter((file) => file.room === 'apps/worker' && file.imports.includes('execa'));
    expect(files).toHaveLength(1);
  });

  // The API takes text from outside: its server is to refuse a second statement.
  test('the orchestrator alone may send several statements as one', () => {
    const together = production.filter(({ path, text }) => /sendsTogether: true/.test(text) && !/testing/.test(path));
    expect(together.map(({ path }) => path)).toEqual(['apps/orchestrator/src/start-orchestrator.ts']);
  });

  test('the environment is read in config.ts alone', () => {
    const readers = production
      .filter(({ path, text }) => !path.endsWith('/config.ts') && /process\.env\b/.test(text))
      .map(({ path }) => path);
    expect(readers).toEqual([]);
  });
});

describe('sizes', () => {
  test(`no file is longer than ${MAX_FILE_LINES} lines`, () => {
    const long = sources.filter(({ lines }) => lines > MAX_FILE_LINES).map(({ path, lines }) => `${path}: ${lines}`);
    expect(long).toEqual([]);
  });

  test(`no function is longer than ${MAX_FUNCTION_LINES} lines`, () => {
    const long = production.flatMap(({ path, functions }) =>
      functions.filter(({ lines }) => lines > MAX_FUNCTION_LINES).map(({ name, lines }) => `${path} ${name}: ${lines}`),
    );
    expect(long).toEqual([]);
  });

  test(`no function takes more than ${MAX_PARAMETERS} parameters`, () => {
    const many = production.flatMap(({ path, functions }) =>
      functions
        .filter(({ parameters, name }) => parameters > MAX_PARAMETERS && !ERROR_HANDLER.test(name))
        .map(({ name, parameters }) => `${path} ${name}: ${parameters}`),
    );
    expect(many).toEqual([]);
  });
});
