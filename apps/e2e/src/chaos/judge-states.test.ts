import { describe, expect, test } from '@jest/globals';
import { attemptOf, flowEvent, judge, lineOf, pipeline, trackOf, type Story } from './testing-evidence.ts';

/** The first attempt was lost, and its vertex may be tried again then. */
function lose(story: Story): void {
  attemptOf(story, 'run-1').result = 'lost';
  flowEvent(story, 200).body.attempts?.forEach((entry) => Object.assign(entry, { result: 'lost' }));
  story.journal.splice(lineOf(story, 'END', 'run-1'), 1);
  story.plans?.get('two')?.vertices.forEach((vertex) => Object.assign(vertex, { onLost: 'retry' }));
  Object.assign(story, { workerNames: new Map([['w', 'worker-1']]) });
}

describe('I4', () => {
  test('a pipeline is where its plan does not lead', () => {
    expect(judge((story) => Object.assign(pipeline(story), { state: 'FAILED' }))).toContain('I4');
  });

  test('a track is', () => {
    expect(judge((story) => Object.assign(trackOf(story, 'second'), { state: 'SKIPPED' }))).toEqual(['I4']);
  });

  test('a track that its plan does not have', () => {
    const names = judge((story) => {
      story.rows.tracks.push({ ...trackOf(story, 'second'), id: 3, vertexId: 3, vertex: 'third', reason: 'forced' });
    });
    expect(names).toEqual(['I4']);
  });

  test('an attempt more than planned that was not lost', () => {
    expect(judge((story) => Object.assign(trackOf(story, 'second'), { attempt: 2 }))).toContain('I4');
  });

  test('a lost attempt is made again: no violation', () => {
    expect(judge(lose)).toEqual([]);
  });

  test.each([
    [[], 0, 1000],
    [['worker-2'], 0, 1000],
    [['worker-1'], 201, 1000],
    ['all' as const, -20_000, -13_000],
  ])('an attempt is lost, and no fault explains it: of %s, from %i to %i ms', (mayLose, atMs, endedAtMs) => {
    const names = judge((story) => {
      lose(story);
      Object.assign(story, { faults: [{ kind: 'a fault', atMs, endedAtMs, mayLose }] });
    });
    expect(names).toEqual(['I4']);
  });

  test('a fault explains it: no violation', () => {
    const names = judge((story) => {
      lose(story);
      Object.assign(story, { faults: [{ kind: 'a fault', atMs: 150, endedAtMs: null, mayLose: ['worker-1'] }] });
    });
    expect(names).toEqual([]);
  });

  test('lost where the plan does not allow another attempt', () => {
    const names = judge((story) => {
      attemptOf(story, 'run-1').result = 'lost';
      flowEvent(story, 200).body.attempts?.forEach((entry) => Object.assign(entry, { result: 'lost' }));
    });
    expect(names).toEqual(['I4']);
  });
});
