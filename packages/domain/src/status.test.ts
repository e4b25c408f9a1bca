import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  FAILURE_POLICIES,
  isPipelineEnded,
  mayPipelineBecome,
  PIPELINE_STATES,
  DEFAULT_FAILURE_POLICY,
} from './pipeline-status.ts';
import { isTrackEnded, mayTrackBecome, TRACK_STATES, type TrackState } from './track-status.ts';

const PAGE = readFileSync(path.join(import.meta.dirname, '../../../docs/states.md'), 'utf8');

/** The part of the page below a heading, up to the next one. */
function partBelow(heading: string): string {
  const start = PAGE.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`docs/states.md has no heading "${heading}"`);
  return PAGE.slice(start + 1).split(/\n#+ /)[0] as string;
}

/** `from to who` of each row of a table of transitions. */
function transitionsBelow(heading: string): string[] {
  return [...partBelow(heading).matchAll(/^\| ([A-Z]+) +\| ([A-Z]+) +\| (flow|person) +\| \S/gm)]
    .map(([, from, to, who]) => `${from} ${to} ${who}`)
    .sort();
}

function arrowsBelow(heading: string): string[] {
  return [...partBelow(heading).matchAll(/^ +([A-Z]+) --> ([A-Z]+)$/gm)].map(([, from, to]) => `${from} ${to}`).sort();
}

function pairsOf<State extends string>(states: readonly State[]): [State, State][] {
  return states.flatMap((from) => states.map((to): [State, State] => [from, to]));
}

describe('docs/states.md', () => {
  const byFlow = pairsOf(TRACK_STATES).filter(([from, to]) => mayTrackBecome(from, to, 'flow'));

  test('has a row for every move of a track by the flow, and no other', () => {
    const rows = transitionsBelow('### Transitions of tracks').filter((row) => row.endsWith(' flow'));
    expect(rows).toEqual(byFlow.map(([from, to]) => `${from} ${to} flow`).sort());
  });

  test("has a row for every move that only a person makes, and names those that are the flow's too", () => {
    const rows = transitionsBelow('### Transitions of tracks').filter((row) => row.endsWith(' person'));
    const onlyByPerson = pairsOf(TRACK_STATES).filter(
      ([from, to]) => mayTrackBecome(from, to, 'person') && !mayTrackBecome(from, to, 'flow'),
    );
    const shared = [
      'WAITING SKIPPED',
      'WAITING CANCELLED',
      'PENDING SKIPPED',
      'PENDING FAILED',
      'PENDING CANCELLED',
    ].map((row) => `${row} person`);
    for (const row of shared) {
      const [from, to] = row.split(' ') as [TrackState, TrackState];
      expect(mayTrackBecome(from, to, 'flow')).toBe(true);
    }
    expect(rows).toEqual([...onlyByPerson.map(([from, to]) => `${from} ${to} person`), ...shared].sort());
  });

  test('has a row for every move of a pipeline, and no other', () => {
    const rows = transitionsBelow('### Transitions of pipelines').map((row) => row.replace(/ \w+$/, ''));
    const moves = pairsOf(PIPELINE_STATES).filter(([from, to]) => mayPipelineBecome(from, to));
    expect(rows).toEqual(moves.map(([from, to]) => `${from} ${to}`).sort());
  });

  test('draws the same moves as its tables', () => {
    expect(arrowsBelow('## Tracks')).toEqual(byFlow.map(([from, to]) => `${from} ${to}`).sort());
    const rows = transitionsBelow('### Transitions of pipelines').map((row) => row.replace(/ \w+$/, ''));
    expect(arrowsBelow('## Pipelines')).toEqual(rows);
  });

  test.each([
    ['## Tracks', TRACK_STATES],
    ['## Pipelines', PIPELINE_STATES],
  ])('says under %s what each state means', (heading, states) => {
    const meanings = [...partBelow(heading).matchAll(/^\| ([A-Z]+) +\| \w/gm)].map(([, state]) => state);
    expect(meanings).toEqual([...states]);
  });
});

test('the flow never moves an ended track, a person may', () => {
  const ended = TRACK_STATES.filter(isTrackEnded);
  expect(ended).toEqual(['SUCCEED', 'FAILED', 'SKIPPED', 'CANCELLED']);
  for (const from of ended) {
    expect(TRACK_STATES.some((to) => mayTrackBecome(from, to, 'flow'))).toBe(false);
    expect(mayTrackBecome(from, 'WAITING', 'person')).toBe(true);
  }
});

test('nobody sets a track that runs or makes one run by hand', () => {
  const onlyByFlow = pairsOf(TRACK_STATES).filter(([from, to]) => from === 'RUNNING' || to === 'RUNNING');
  for (const [from, to] of onlyByFlow) {
    expect(mayTrackBecome(from, to, 'person')).toBe(mayTrackBecome(from, to, 'flow'));
  }
});

test('an ended pipeline only ever runs again', () => {
  for (const from of PIPELINE_STATES.filter(isPipelineEnded)) {
    expect(PIPELINE_STATES.filter((to) => mayPipelineBecome(from, to))).toEqual(['RUNNING']);
  }
  expect(PIPELINE_STATES.filter((state) => !isPipelineEnded(state))).toEqual(['RUNNING', 'PAUSED']);
});

test('the default failure policy is the one of the seed', () => {
  expect(FAILURE_POLICIES).toContain(DEFAULT_FAILURE_POLICY);
  expect(DEFAULT_FAILURE_POLICY).toBe('stop');
});
