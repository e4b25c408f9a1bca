import { describe, expect, test } from '@jest/globals';
import { buildDefinedGraph } from './testing-defined-graph.ts';
import { checkGraph } from './graph-check.ts';
import { readGraphDocument } from './graph-definition-parse.ts';
import { simulate } from './simulate.ts';
import { createTimeQueue } from './simulate-queue.ts';
import type { Simulation, SimulationRequest, VertexOutcome } from './simulate-types.ts';

interface WhatIf extends Partial<Omit<SimulationRequest, 'graph' | 'outcomes'>> {
  /** Like `A->B`. */
  edges?: readonly string[];
  vertices?: Record<string, object>;
  outcomes?: Record<string, VertexOutcome>;
}

function ask({ edges = [], vertices = {}, outcomes = {}, ...rest }: WhatIf): Simulation {
  const pairs = edges.map((edge) => edge.split('->'));
  const names = [...new Set([...pairs.flat(), ...Object.keys(vertices)])];
  const { definition, problems } = readGraphDocument({
    name: 'what-if',
    vertices: names.map((name) => ({ name, script: 'true', ...vertices[name] })),
    edges: pairs,
  });
  expect([...problems, ...checkGraph(definition)]).toEqual([]);
  return simulate({
    graph: buildDefinedGraph(definition),
    mode: 'auto',
    onFailure: 'stop',
    timeoutMs: null,
    slots: null,
    inputs: new Map(),
    outcomes: new Map(Object.entries(outcomes)),
    ...rest,
  });
}

function statesOf({ tracks }: Simulation): Record<string, string> {
  return Object.fromEntries(
    tracks.map(({ vertex, state, reason }) => [vertex, reason === null ? state : `${state} ${reason}`]),
  );
}

/** `A1 0-1000 succeed` */
function linesOf({ timeline }: Simulation): string[] {
  return timeline.map(
    ({ vertex, attempt, startMs, endMs, result }) => `${vertex}${attempt} ${startMs}-${endMs} ${result}`,
  );
}

describe('time', () => {
  test('scripts that need not wait for each other run at once', () => {
    const answer = ask({ edges: ['A->B', 'A->C', 'B->D', 'C->D'], outcomes: { B: { durationMs: 5000 } } });
    expect(linesOf(answer)).toEqual([
      'A1 0-1000 succeed',
      'B1 1000-6000 succeed',
      'C1 1000-2000 succeed',
      'D1 6000-7000 succeed',
    ]);
    expect(answer).toMatchObject({ state: 'FINISH', makespanMs: 7000, criticalPath: ['A', 'B', 'D'], waitsFor: [] });
  });

  test('with fewer slots the highest priority goes first, then who has waited longest', () => {
    const answer = ask({ vertices: { A: {}, B: { priority: 5 }, C: {} }, slots: 1 });
    expect(linesOf(answer).map((line) => line.slice(0, 2))).toEqual(['B1', 'A1', 'C1']);
    expect(answer.makespanMs).toBe(3000);
  });

  test('among equal priorities the longest path goes first, by the times that are given', () => {
    const edges = ['A->B', 'C->D'];
    const counted = ask({ edges, vertices: { E: {} }, slots: 1 });
    expect(linesOf(counted).map((line) => line[0])).toEqual(['A', 'C', 'E', 'B', 'D']);
    const timed = ask({
      edges,
      vertices: { E: {} },
      outcomes: { D: { durationMs: 3000 }, E: { durationMs: 2500 } },
      slots: 1,
    });
    expect(linesOf(timed).map((line) => line[0])).toEqual(['C', 'D', 'E', 'A', 'B']);
  });

  test('a run that is longer than its timeout ends with it', () => {
    const answer = ask({ vertices: { A: { timeoutMs: 300 } } });
    expect(linesOf(answer)).toEqual(['A1 0-300 timeout']);
    expect(statesOf(answer)).toEqual({ A: 'FAILED timeout' });
  });

  test('a retry waits for its delay, and the budget of time counts from the first attempt', () => {
    const retry = { max: 5, delayMs: 2000, totalMs: 4500 };
    const answer = ask({ vertices: { A: { retry } }, outcomes: { A: { result: 'fail', exitCode: 3 } } });
    expect(linesOf(answer)).toEqual(['A1 0-1000 fail', 'A2 3000-4000 fail']);
    expect(answer.reason).toBe('track A: exit_code 3');
  });

  test('a worker that vanishes is another attempt where the vertex says so', () => {
    const outcomes: Record<string, VertexOutcome> = { A: { attempts: [{ result: 'lost' }, { durationMs: 10 }] } };
    expect(linesOf(ask({ vertices: { A: { onLost: 'retry' } }, outcomes }))).toEqual([
      'A1 0-1000 lost',
      'A2 1000-1010 succeed',
    ]);
    expect(statesOf(ask({ vertices: { A: {} }, outcomes }))).toEqual({ A: 'FAILED lost' });
  });

  test('the deadline of the pipeline kills what runs and cancels the rest', () => {
    const answer = ask({ edges: ['A->B'], timeoutMs: 400 });
    expect(linesOf(answer)).toEqual(['A1 0-400 cancelled']);
    expect(statesOf(answer)).toEqual({ A: 'CANCELLED pipeline_failed', B: 'CANCELLED pipeline_failed' });
    expect(answer).toMatchObject({ state: 'FAILED', reason: 'timeout' });
  });

  test('a deadline that is not reached changes nothing', () => {
    expect(ask({ vertices: { A: {} }, timeoutMs: 5000 })).toMatchObject({ state: 'FINISH', makespanMs: 1000 });
  });

  test('a script that is killed does not end once more', () => {
    const answer = ask({
      edges: ['A->B'],
      vertices: { long: {} },
      onFailure: 'kill',
      outcomes: { A: { result: 'fail' }, long: { durationMs: 90_000 } },
    });
    expect(linesOf(answer)).toEqual(['A1 0-1000 fail', 'long1 0-1000 cancelled']);
  });

  test('who has waited too long for a slot is not started any more', () => {
    const answer = ask({ vertices: { A: {}, B: { queueTimeoutMs: 500 } }, slots: 1, onFailure: 'continue' });
    expect(statesOf(answer)).toEqual({ A: 'SUCCEED', B: 'FAILED queue_timeout' });
    expect(linesOf(answer)).toHaveLength(1);
  });

  test('a limit of time for the queue that is not reached changes nothing', () => {
    expect(ask({ vertices: { A: { queueTimeoutMs: 10 } } }).state).toBe('FINISH');
  });

  test('who waits for a retry when the pipeline ends is not enqueued', () => {
    const answer = ask({
      vertices: { A: { retry: { max: 1, delayMs: 9000 } }, B: {}, long: {} },
      outcomes: { A: { result: 'fail' }, B: { result: 'fail', durationMs: 2000 }, long: { durationMs: 50_000 } },
    });
    expect(statesOf(answer)).toEqual({ A: 'CANCELLED pipeline_failed', B: 'FAILED exit_code', long: 'SUCCEED' });
  });
});

describe('persons', () => {
  const gated = { A: { gate: { expiresMs: 5000, onExpiry: 'approve' } } };

  test('approve at once, or when the request says', () => {
    expect(linesOf(ask({ vertices: gated }))).toEqual(['A1 0-1000 succeed']);
    expect(linesOf(ask({ vertices: gated, outcomes: { A: { afterMs: 700 } } }))).toEqual(['A1 700-1700 succeed']);
  });

  test('leave the form as it is', () => {
    const form = { target: { type: 'string', default: 'staging' }, note: { type: 'string' } };
    const vertices = { A: { gate: { form } }, B: { when: 'states.A == "SUCCEED"' } };
    expect(ask({ edges: ['A->B'], vertices }).state).toBe('FINISH');
  });

  test('reject', () => {
    expect(statesOf(ask({ vertices: gated, outcomes: { A: { gate: 'reject' } } }))).toEqual({ A: 'SKIPPED rejected' });
  });

  test('say nothing: the gate decides when its time is over, or the flow waits for good', () => {
    expect(linesOf(ask({ vertices: gated, outcomes: { A: { gate: 'wait' } } }))).toEqual(['A1 5000-6000 succeed']);
    const answer = ask({ vertices: { A: { gate: {} } }, outcomes: { A: { gate: 'wait' } } });
    expect(answer).toMatchObject({ state: 'RUNNING', waitsFor: [{ vertex: 'A', awaits: 'approval' }] });
  });

  test('take the way that is offered first; without an offer, or with one that is no way, all', () => {
    const edges = ['A->B', 'A->C'];
    expect(statesOf(ask({ edges, mode: 'manual', vertices: { A: { next: 'C' } } }))).toEqual({
      A: 'SUCCEED',
      B: 'SKIPPED not_chosen',
      C: 'SUCCEED',
    });
    expect(statesOf(ask({ edges, mode: 'manual' }))).toEqual({ A: 'SUCCEED', B: 'SUCCEED', C: 'SUCCEED' });
  });

  test('choose as the request says, or not at all', () => {
    const edges = ['A->B', 'A->C'];
    expect(statesOf(ask({ edges, mode: 'manual', outcomes: { A: { choice: ['B'] } } }))).toMatchObject({
      C: 'SKIPPED not_chosen',
    });
    const answer = ask({ edges, mode: 'manual', outcomes: { A: { choice: 'wait' } } });
    expect(answer.waitsFor).toEqual([{ vertex: 'A', awaits: 'choice' }]);
  });

  test('are not waited for any more when the pipeline has ended', () => {
    const outcomes: Record<string, VertexOutcome> = { A: { choice: 'wait' }, C: { result: 'fail', durationMs: 2000 } };
    const answer = ask({ edges: ['A->B'], vertices: { C: {} }, mode: 'manual', outcomes });
    expect(statesOf(answer)).toEqual({ A: 'SUCCEED', B: 'CANCELLED pipeline_failed', C: 'FAILED exit_code' });
    expect(answer.waitsFor).toEqual([]);
  });

  test.each([
    ['retry', { A: 'SUCCEED', B: 'SUCCEED' }, 'FINISH'],
    ['skip', { A: 'SKIPPED skipped', B: 'SKIPPED join_not_met' }, 'FINISH'],
    ['give_up', { A: 'FAILED exit_code', B: 'CANCELLED upstream_failed' }, 'FAILED'],
    [undefined, { A: 'FAILED exit_code', B: 'WAITING' }, 'RUNNING'],
  ] as const)('decide about a failure that is held: %s', (decision, states, state) => {
    const attempts = [{ result: 'fail' as const }, {}];
    const outcomes = { A: decision === undefined ? { attempts } : { attempts, decision } };
    const answer = ask({ edges: ['A->B'], onFailure: 'hold', outcomes });
    expect(statesOf(answer)).toEqual(states);
    expect(answer.state).toBe(state);
  });

  test('give the parameters that are asked for', () => {
    const input = { ip: { type: 'string', required: true } };
    expect(ask({ vertices: { A: { input, onMissing: 'ask' } } }).state).toBe('FINISH');
  });
});

test('choices of scripts, outputs and parameters decide conditions', () => {
  const answer = ask({
    edges: ['A->B', 'A->C', 'B->D'],
    vertices: {
      A: { input: { n: { type: 'integer' } } },
      D: { when: 'outputs.B.size == "big"', input: { n: { type: 'integer' } } },
    },
    outcomes: { A: { chosen: ['B'] }, B: { outputs: { size: 'big' } } },
    inputs: new Map([['A', { n: 1 }]]),
  });
  expect(statesOf(answer)).toEqual({ A: 'SUCCEED', B: 'SUCCEED', C: 'SKIPPED not_chosen', D: 'SUCCEED' });
});

test('a failed list is not tried again as a whole: its items have the retry', () => {
  const input = { list: { type: 'json', default: [1] }, item: { type: 'integer' } };
  const vertices = { A: { input, map: { over: 'list' }, retry: { max: 3 } } };
  expect(linesOf(ask({ vertices, outcomes: { A: { result: 'fail' } } }))).toEqual(['A1 0-1000 fail']);
});

test('a graph of 20,000 vertices in layers is simulated whole', () => {
  const edges = Array.from({ length: 19_900 }, (_, index) => `v${index}->v${index + 100}`);
  const answer = ask({ edges, slots: 50 });
  expect(answer.state).toBe('FINISH');
  expect(answer.timeline).toHaveLength(20_000);
});

test('attempts without end are refused', () => {
  const retry = { max: 1000 };
  const vertices = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`v${index}`, { retry }]));
  const outcomes = Object.fromEntries(Object.keys(vertices).map((name) => [name, { result: 'fail' as const }]));
  expect(() => ask({ vertices, outcomes, onFailure: 'continue' })).toThrow('expected at most 30000 attempts');
});

test('the queue gives what has the smallest key, and of equal ones the first', () => {
  const queue = createTimeQueue<string>();
  expect(queue.take()).toBeUndefined();
  const keys = [5, 3, 8, 3, 1, 9, 2, 2];
  keys.forEach((key, index) => queue.add([key], `${key}/${index}`));
  const taken = Array.from({ length: 8 }, () => queue.take()?.value);
  expect(taken).toEqual(['1/4', '2/6', '2/7', '3/1', '3/3', '5/0', '8/2', '9/5']);
});
