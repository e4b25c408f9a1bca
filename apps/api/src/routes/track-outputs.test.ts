import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execute, insertTrackOutputs, type AttemptOutputs } from '@baton/database';
import { insertFlowRows, type FlowRows } from '@baton/database/testing';
import type { TrackState } from '@baton/domain';
import supertest from 'supertest';
import { createTestApi, WORKER_TOKEN, type TestApi } from '../testing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
});
afterAll(() => api.close());

function post(path: string, body: object): supertest.Test {
  return supertest(api.app).post(`/api/v1/worker/${path}`).set('Authorization', `Bearer ${WORKER_TOKEN}`).send(body);
}

interface Flow {
  pipelineId: number;
  trackIds: number[];
  runIds: Map<number, string>;
}

/** A pipeline whose last vertex comes after all others, in a row. */
async function startFlow(vertices: FlowRows['vertices'], states: TrackState[]): Promise<Flow> {
  const rows = await insertFlowRows(api.database, { vertices, states });
  for (let head = 2; head <= vertices.length; head += 1) {
    await execute(api.database.dataSource, 'INSERT INTO edge (version_id, id, tail, head) VALUES (?, ?, ?, ?)', [
      rows.versionId,
      head,
      head - 1,
      head,
    ]);
  }
  return rows;
}

async function give(outputs: AttemptOutputs[]): Promise<void> {
  await insertTrackOutputs(api.database.dataSource, outputs);
}

interface Run {
  script: string;
  refusal: string | null;
  inputs: string | null;
  environment: Record<string, string>;
}

function newRun(trackId = 0): { trackId: number; attempt: number; runId: string } {
  return { trackId, attempt: 1, runId: randomBytes(16).toString('hex') };
}

async function claim(trackId = 0): Promise<Run> {
  const { body } = await post('claims', { workerId: 'w1', labels: ['default'], claims: [newRun(trackId)] }).expect(200);
  expect(body.results).toEqual([expect.objectContaining({ granted: true })]);
  return body.results[0].run;
}

const reader = { name: 'B', script: 'echo {A.key}' };

describe('values that a worker sends', () => {
  test('are stored for the run that holds the attempt, and shown', async () => {
    const { trackIds, runIds } = await startFlow([{ name: 'A' }], ['RUNNING']);
    const trackId = trackIds[0] ?? 0;
    const run = { trackId, attempt: 1, runId: runIds.get(trackId) ?? '' };
    const values = { key: '中 "\\\n', empty: '' };
    const sent = {
      outputs: [
        { ...run, values },
        { ...newRun(trackId), values },
      ],
    };
    const { body } = await post('outputs', sent).expect(200);
    expect(body.refused).toEqual([{ runId: sent.outputs[1]?.runId, why: 'other_run' }]);
    const { body: shown } = await api.call('get', `/api/v1/tracks/${trackId}/outputs`).expect(200);
    expect(shown).toEqual({ trackId, attempt: 1, outputs: values });
    await api.call('get', `/api/v1/tracks/${trackId}/outputs?attempt=1`).expect(200, shown);
  });

  test.each([
    ['a key that is no name', { 'a b': '1' }],
    ['NUL', { a: 'x\0hunter2' }],
    ['a long value', { a: 'hunter2'.repeat(10_000) }],
    ['half a surrogate pair', { a: 'hunter2\ud800' }],
    ['too many', Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`k${index}`, 'hunter2']))],
    ['too much', Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'hunter2!'.repeat(8192)]))],
  ])('are refused whole where they hold %s, and not quoted', async (_title, values) => {
    const { trackIds, runIds } = await startFlow([{ name: 'A' }], ['RUNNING']);
    const trackId = trackIds[0] ?? 0;
    const run = { trackId, attempt: 1, runId: runIds.get(trackId) ?? '', values };
    const { text } = await post('outputs', { outputs: [run] }).expect(422);
    expect(text).not.toContain('hunter2');
    const { body } = await api.call('get', `/api/v1/tracks/${trackId}/outputs`).expect(200);
    expect(body.outputs).toEqual({});
  });

  test('as long as may be go through in one call', async () => {
    const { trackIds, runIds } = await startFlow([{ name: 'A' }], ['RUNNING']);
    const trackId = trackIds[0] ?? 0;
    const values = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, '\u0001'.repeat(65_536)]));
    const outputs = [{ trackId, attempt: 1, runId: runIds.get(trackId) ?? '', values }];
    await post('outputs', { outputs }).expect(200, { refused: [] });
  });
});

describe('a claimed script', () => {
  test('gets the outputs that it names in its environment, and all in its inputs', async () => {
    const hostile = '"; touch CANARY; "';
    const input = {
      x: {
        type: 'integer',
        required: true,
        choices: null,
        pattern: null,
        min: null,
        max: null,
        secret: false,
        description: null,
      },
    };
    const { trackIds } = await startFlow(
      [{ name: 'A' }, { name: 'other' }, { ...reader, input, script: 'echo {x} {A.key} # {A.none}' }],
      ['SUCCEED', 'SUCCEED', 'PENDING'],
    );
    await execute(api.database.dataSource, `UPDATE track SET input = '{"x":8}' WHERE id = ?`, [trackIds[2]]);
    await give([
      { trackId: trackIds[0] ?? 0, attempt: 1, values: { key: hostile, more: '' } },
      { trackId: trackIds[1] ?? 0, attempt: 2, values: { key: 'of an attempt that is not the current one' } },
    ]);
    const run = await claim(trackIds[2]);
    expect(run).toMatchObject({ script: 'echo 8 "${OUTPUT_A__key}" # {A.none}', refusal: null });
    expect(run.environment).toMatchObject({ OUTPUT_A__key: hostile, PARAM_x: '8' });
    expect(JSON.parse(run.inputs ?? '')).toEqual({ params: { x: 8 }, outputs: { A: { key: hostile, more: '' } } });
  });

  test('gets what comes before it and nothing else, whatever is claimed with it', async () => {
    const { trackIds } = await startFlow(
      [{ name: 'A' }, { name: 'B' }, { name: 'C' }],
      ['SUCCEED', 'PENDING', 'PENDING'],
    );
    await give(trackIds.map((trackId, index) => ({ trackId, attempt: 1, values: { key: String(index) } })));
    const claims = trackIds.slice(1).map((trackId) => newRun(trackId));
    const { body } = await post('claims', { workerId: 'w1', labels: ['default'], claims }).expect(200);
    const inputs = (body.results as { run: Run }[]).map(({ run }) => JSON.parse(run.inputs ?? '').outputs);
    expect(inputs).toEqual([{ A: { key: '0' } }, { A: { key: '0' }, B: { key: '1' } }]);
  });

  test('without any before it has its parameters for inputs', async () => {
    const { trackIds } = await startFlow([{ name: 'A' }], ['PENDING']);
    expect((await claim(trackIds[0])).inputs).toBe('{"params":{},"outputs":{}}');
  });

  test.each([
    ['SUCCEED', 'A is SUCCEED'],
    ['FAILED', 'A is FAILED'],
    ['SKIPPED', 'A is SKIPPED'],
  ] as const)('that names an output which is not there is refused, where the other is %s', async (state, said) => {
    const { trackIds } = await startFlow(
      [{ name: 'A' }, { ...reader, script: 'echo {A.key} {A.b}' }],
      [state, 'PENDING'],
    );
    await give([{ trackId: trackIds[0] ?? 0, attempt: 1, values: { b: '1' } }]);
    const run = await claim(trackIds[1]);
    expect(run.refusal).toBe(`the script names an output that no script handed on: {A.key} (${said})`);
    expect(run).toMatchObject({ script: '', inputs: null });
  });
});

test.each([
  ['a vertex without one before it', [{ name: 'A', script: 'true' }], 0],
  ['a pipeline without outputs', [{ name: 'A' }, { name: 'B', script: 'true' }], 1],
  ['a script that names an output besides', [{ name: 'A' }, reader], 2],
])('claims of %s cost no more statements than they need', async (_title, vertices, statements) => {
  const states: TrackState[] = vertices.map((_, index) => (index === vertices.length - 1 ? 'PENDING' : 'SUCCEED'));
  const { trackIds } = await startFlow(vertices, states);
  const query = jest.spyOn(api.database.dataSource, 'query');
  await claim(trackIds.at(-1));
  const sent = query.mock.calls.filter(([sql]) => sql.includes('track_output'));
  query.mockRestore();
  expect(sent).toHaveLength(statements);
});

describe('inputs that are too long', () => {
  const long = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'x'.repeat(65_536)]));

  test('are refused to a script that asks for them, and left out for others', async () => {
    const vertices = ['cat $BATON_INPUTS', 'echo {A.k1}'].map((script) => ({ name: script.slice(0, 3), script }));
    const { trackIds } = await startFlow([{ name: 'A' }, ...vertices], ['SUCCEED', 'PENDING', 'PENDING']);
    await give([{ trackId: trackIds[0] ?? 0, attempt: 1, values: long }]);
    const [asking, other] = [await claim(trackIds[1]), await claim(trackIds[2])];
    expect(asking.refusal).toMatch(/at most 1048576 bytes for the file \$BATON_INPUTS/);
    expect(other).toMatchObject({ refusal: null, inputs: null });
    expect(other.environment).toMatchObject({ OUTPUT_A__k1: long['k1'], BATON_INPUTS_PROBLEM: asking.refusal });
  });

  const some = Object.fromEntries(Object.entries(long).slice(0, 12));
  /** 40 claims, before each of which is a vertex with 768 KiB of outputs. */
  const CROWDS: [title: string, make: () => Promise<number[]>][] = [
    [
      'each its own',
      async () => {
        const flows = await Promise.all(
          Array.from({ length: 40 }, () => startFlow([{ name: 'A' }, { name: 'B' }], ['SUCCEED', 'PENDING'])),
        );
        await give(flows.map(({ trackIds }) => ({ trackId: trackIds[0] ?? 0, attempt: 1, values: some })));
        return flows.map(({ trackIds }) => trackIds[1] ?? 0);
      },
    ],
    [
      'all the same',
      async () => {
        const { trackIds } = await startFlow(
          Array.from({ length: 41 }, (_, index) => ({ name: `V${index}` })),
          ['SUCCEED'],
        );
        await give([{ trackId: trackIds[0] ?? 0, attempt: 1, values: some }]);
        return trackIds.slice(1);
      },
    ],
  ];

  test.each(CROWDS)(
    'for one answer, %s, are given as its room allows; the rest may be asked for again',
    async (_title, make) => {
      let claims = (await make()).map((trackId) => newRun(trackId));
      const sizes: number[] = [];
      for (let rounds = 0; claims.length > 0 && rounds < 10; rounds += 1) {
        const { body } = await post('claims', { workerId: 'w1', labels: ['default'], claims }).expect(200);
        const results = body.results as { runId: string; granted: boolean; why?: string; run?: Run }[];
        for (const { run } of results) if (run !== undefined) sizes.push(run.inputs?.length ?? 0);
        const busy = new Set(results.filter(({ why }) => why === 'busy').map(({ runId }) => runId));
        expect(results.filter(({ granted }) => granted).length).toBeLessThan(25);
        claims = claims.filter(({ runId }) => busy.has(runId));
      }
      expect(sizes).toHaveLength(40);
      expect(Math.min(...sizes)).toBeGreaterThan(12 * 65_536);
    },
  );
});

describe('GET /tracks/{id}/outputs', () => {
  test('a value that is a secret of the track is masked', async () => {
    const declare = (secret: boolean): object => {
      return {
        type: 'string',
        required: false,
        choices: null,
        pattern: null,
        min: null,
        max: null,
        secret,
        description: null,
      };
    };
    const input = { password: declare(true), none: declare(true), ip: declare(false) };
    const { trackIds } = await startFlow([{ name: 'A', input }], ['SUCCEED']);
    const trackId = trackIds[0] ?? 0;
    const values = { password: 'hunter2', none: '', ip: '10.0.0.1' };
    await execute(api.database.dataSource, 'UPDATE track SET input = ? WHERE id = ?', [
      JSON.stringify(values),
      trackId,
    ]);
    await give([{ trackId, attempt: 1, values: { a: 'hunter2', b: '10.0.0.1', c: '' } }]);
    const { body } = await api.call('get', `/api/v1/tracks/${trackId}/outputs`).expect(200);
    expect(body.outputs).toEqual({ a: '***', b: '10.0.0.1', c: '' });
  });

  test('tracks and attempts that are not there', async () => {
    const { trackIds } = await startFlow([{ name: 'A' }], ['PENDING']);
    const { body: noTrack } = await api.call('get', '/api/v1/tracks/4190000000000/outputs').expect(404);
    expect(noTrack.code).toBe('track_not_found');
    const { body: noAttempt } = await api.call('get', `/api/v1/tracks/${trackIds[0]}/outputs?attempt=2`).expect(404);
    expect(noAttempt.code).toBe('attempt_not_found');
  });
});
