import { describe, expect, test } from '@jest/globals';
import { judgeEvidence } from './check-invariants.ts';
import type { PipelineRow } from './read-rows.ts';
import { judge as judgeStory, PIPELINE_ID, trackOf, type Story } from './testing-evidence.ts';
import { ITEMS_ID, makeFamily, OUTER_ID } from './testing-family.ts';

/** What Baton could do wrong about pipelines that tracks run, shown to the oracle. */
const judge = (spoil: (story: Story) => void): string[] => judgeStory(spoil, makeFamily());

const pipelineOf = ({ rows }: Story, id: number): PipelineRow =>
  rows.pipelines.find((row) => row.id === id) as PipelineRow;

test('a child, and a list of two items', () => {
  expect(judgeEvidence(makeFamily())).toEqual([]);
});

describe('I1', () => {
  test('a child of a track that is not there', () => {
    const names = judge((story) => {
      story.rows.pipelines.push({ ...pipelineOf(story, PIPELINE_ID), id: 2, graph: 'other', parentTrackId: 7 });
    });
    expect(names).toEqual(['I1']);
  });

  test('a child that does not end', () => {
    expect(judge((story) => Object.assign(pipelineOf(story, PIPELINE_ID), { state: 'RUNNING' }))).toContain('I1');
  });
});

test('I2: an attempt runs two children', () => {
  const names = judge((story) => {
    story.rows.pipelines.push({ ...pipelineOf(story, PIPELINE_ID), id: 2, graph: 'other' });
  });
  expect(names).toEqual(['I2']);
});

describe('I3', () => {
  const putFirst = (story: Story, runId: string): void => {
    const index = story.journal.findIndex((entry) => entry.runId === runId);
    story.journal.unshift(...story.journal.splice(index, 1));
  };

  test('an item starts before the scripts have ended that its map waits for', () => {
    expect(judge((story) => putFirst(story, 'item-0'))).toEqual(['I3']);
  });

  test('a script starts before the items of the map before it have ended', () => {
    const names = judge((story) => {
      const start = story.journal.findIndex((entry) => entry.runId === 'run-9');
      const items = story.journal.findIndex((entry) => entry.runId === 'item-1');
      story.journal.splice(items, 0, ...story.journal.splice(start, 1));
    });
    expect(names).toEqual(['I3']);
  });
});

describe('I4', () => {
  test('a child is where its plan does not lead', () => {
    expect(judge((story) => Object.assign(trackOf(story, 'second'), { state: 'SKIPPED' }))).toEqual(['I4']);
  });

  test('an item is missing', () => {
    expect(
      judge(({ rows }) =>
        rows.tracks.splice(
          rows.tracks.findIndex(({ vertex }) => vertex === 'list[1]'),
          1,
        ),
      ),
    ).toContain('I4');
  });

  test('its parent goes on as if a failed child had not failed', () => {
    const names = judge((story) => {
      story.answers.pop();
      Object.assign(pipelineOf(story, PIPELINE_ID), { state: 'FAILED' });
    });
    expect(names).toEqual(['I4', 'I6']);
  });
});

describe('I6', () => {
  test('an attempt without a child', () => {
    const names = judge(({ rows }) =>
      rows.pipelines.splice(
        rows.pipelines.findIndex(({ id }) => id === ITEMS_ID),
        1,
      ),
    );
    expect(names).toContain('I6');
  });

  test('a map of which an item failed is recorded as a success', () => {
    expect(judge((story) => Object.assign(trackOf(story, 'list[1]'), { state: 'FAILED' }))).toContain('I6');
  });
});

test('I8: a script of a child writes when the attempt that runs it has ended', () => {
  const names = judge(({ rows }) => {
    const run = rows.attempts.find(({ pipelineId, vertexId }) => pipelineId === OUTER_ID && vertexId === 1);
    Object.assign(run as object, { finishedAtMs: 580 });
  });
  expect(names).toEqual(['I8']);
});
