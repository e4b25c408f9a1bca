import { describe, expect, test } from '@jest/globals';
import { judgeEvidence } from './check-invariants.ts';
import { parseJournal } from './journal.ts';
import type { EventRow, TrackRow } from './read-rows.ts';
import {
  answer,
  askedAt,
  attemptOf,
  flowEvent,
  judge,
  lineOf,
  makeStory,
  pipeline,
  PIPELINE_ID,
  trackOf,
  type Story,
} from './testing-evidence.ts';

/** Each wrong thing that Baton could do is shown to the oracle, which must name what was violated, and nothing that was not. */
test('a run in which all went well', () => {
  expect(judgeEvidence(makeStory())).toEqual([]);
});

describe('I1', () => {
  test('accepted, and not there', () => {
    expect(judge(({ answers }) => answers.push(answer('POST', '/pipelines', { name: 'q' }, { id: 2 })))).toEqual([
      'I1',
    ]);
  });

  test('one key, two pipelines', () => {
    const names = judge((story) => {
      story.answers.push(answer('POST', '/pipelines', { graph: 'two', name: 'p' }, { id: 2 }));
      story.rows.pipelines.push({ ...pipeline(story), id: 2, graph: 'other' });
    });
    expect(names).toEqual(['I1']);
  });

  test('there, and nobody asked for it', () => {
    const names = judge((story) => {
      story.rows.pipelines.push({ ...pipeline(story), id: 2, graph: 'other', name: 'phantom' });
    });
    expect(names).toEqual(['I1']);
  });

  test('it does not end', () => {
    const names = judge((story) => {
      Object.assign(pipeline(story), { state: 'RUNNING', openTracks: 1, finishedAtMs: null });
      Object.assign(trackOf(story, 'second'), { state: 'PENDING' });
      story.answers.pop();
    });
    expect(names).toContain('I1');
  });

  test('a track stays open in a pipeline that has ended', () => {
    const names = judge((story) => Object.assign(trackOf(story, 'second'), { state: 'RUNNING' }));
    expect(names).toContain('I1');
  });
});

describe('I2', () => {
  test('an attempt starts twice', () => {
    const names = judge(({ journal }) => journal.push({ ...(journal[0] as (typeof journal)[0]), runId: 'run-9' }));
    expect(names).toEqual(['I2']);
  });

  test('it is claimed twice', () => {
    const names = judge(({ rows }) => {
      const claim = rows.events.find(({ kind }) => kind === 'claim') as EventRow;
      const tracks = claim.body.tracks?.map((entry) => ({ ...entry, runId: 'run-9' })) ?? [];
      rows.events.splice(2, 0, { ...claim, body: { tracks } });
    });
    expect(names).toEqual(['I2', 'I6']);
  });

  /** The first claim is given back, and another run makes the attempt. */
  function giveBack(story: Story): void {
    const { events, attempts } = story.rows;
    const claim = events.find(({ kind }) => kind === 'claim') as EventRow;
    const early = claim.body.tracks?.map((entry) => ({ ...entry, runId: 'run-0' })) ?? [];
    const release: EventRow = { ...claim, kind: 'release', body: { tracks: [{ vertexId: 1, state: 'PENDING' }] } };
    events.splice(1, 0, { ...claim, body: { tracks: early } }, release);
    expect(attempts.some(({ runId }) => runId === 'run-0')).toBe(false);
  }

  test('it is well where a claim was given back, and another run starts it', () => {
    expect(judge(giveBack)).toEqual([]);
  });

  test('it starts under a run id that was given back', () => {
    const names = judge((story) => {
      giveBack(story);
      story.journal[0] = { ...(story.journal[0] as Story['journal'][0]), runId: 'run-0' };
    });
    expect(names).toContain('I2');
  });

  test('it starts, and was given back and claimed by nobody else', () => {
    const names = judge((story) => {
      giveBack(story);
      story.rows.events.splice(3, 1);
    });
    expect(names).toContain('I2');
  });

  test.each([
    ['before it was claimed', 1],
    ['twice', 3],
    ['after its end', 6],
  ])('it is given back %s', (_title, at) => {
    const names = judge((story) => {
      giveBack(story);
      const release = story.rows.events[2] as EventRow;
      story.rows.events.splice(at, 0, { ...release });
    });
    expect(names).toContain('I2');
  });

  test('it starts without a claim', () => {
    const names = judge(({ rows }) => rows.events.splice(1, 1));
    expect(names).toEqual(['I2', 'I6']);
  });
});

describe('I3', () => {
  test('claimed before those before it had ended', () => {
    const names = judge(({ rows }) => {
      const claim = rows.events.findIndex(({ atMs }) => atMs === 500);
      rows.events.splice(2, 0, ...rows.events.splice(claim, 1));
    });
    expect(names).toEqual(['I3']);
  });

  test('started before those before it had written their end', () => {
    const names = judge((story) => {
      story.journal.splice(2, 0, ...story.journal.splice(lineOf(story, 'START', 'run-3'), 1));
    });
    expect(names).toEqual(['I3']);
  });
});

describe('I5', () => {
  test('what was shown as ended is shown otherwise later', () => {
    const names = judge(({ answers }) => {
      const shown = answer('GET', `/pipelines/${PIPELINE_ID}`, null, { state: 'RUNNING' });
      answers.push({ ...shown, ...askedAt(800) });
    });
    expect(names).toEqual(['I5']);
  });

  test('what was shown as ended is otherwise in the database', () => {
    const names = judge(({ answers }) => Object.assign(answers[2] as object, { answer: { state: 'FAILED' } }));
    expect(names).toEqual(['I5']);
  });

  test.each([
    ['a track', { tracks: [{ vertexId: 1, state: 'FAILED' as const }] }],
    ['a pipeline', { pipeline: { state: 'CANCELLED' as const } }],
  ])('%s that has ended changes', (_, body) => {
    const names = judge(({ rows }) => {
      rows.events.push({ id: 900, pipelineId: PIPELINE_ID, kind: 'flow', atMs: 900, body });
    });
    expect(names).toEqual(['I5']);
  });
});

describe('I6', () => {
  test('two outcomes of one attempt', () => {
    const names = judge((story) => {
      const end = flowEvent(story, 600);
      end.body.attempts?.push(...(end.body.attempts ?? []));
    });
    expect(names).toEqual(['I6']);
  });

  test('the outcome of a run that did not claim it', () => {
    const names = judge((story) => {
      attemptOf(story, 'run-3').runId = 'run-9';
    });
    expect(names).toContain('I6');
  });

  test('a success of a script that never started', () => {
    const names = judge((story) => {
      const own = story.journal.filter(({ vertex }) => vertex === 'first');
      story.journal.splice(0, story.journal.length, ...own);
    });
    expect(names).toEqual(['I6']);
  });

  test('a claim that comes to nothing', () => {
    const names = judge(({ rows }) => {
      const claim = rows.events.find(({ atMs }) => atMs === 500) as EventRow;
      rows.events.splice(-1, 0, {
        ...claim,
        id: 550,
        body: { tracks: [{ vertexId: 2, attempt: 2, runId: 'run-9', state: 'RUNNING' }] },
      });
      Object.assign(rows.tracks[1] as TrackRow, { attempt: 3 });
    });
    expect(names).toContain('I6');
  });

  test('a track that is SUCCEED, and no attempt of it is', () => {
    const names = judge((story) => {
      story.rows.attempts.pop();
      flowEvent(story, 600).body.attempts?.pop();
      story.rows.events.splice(
        story.rows.events.findIndex(({ atMs }) => atMs === 500),
        1,
      );
      story.journal.splice(4, 2);
    });
    expect(names).toEqual(['I6']);
  });

  test('a success of which the script wrote no end', () => {
    const names = judge((story) => story.journal.splice(lineOf(story, 'END', 'run-3'), 1));
    expect(names).toEqual(['I6']);
  });
});

describe('I7', () => {
  test('claimed when its pipeline had ended', () => {
    const names = judge((story) => {
      const claim = story.rows.events.find(({ atMs }) => atMs === 500) as EventRow;
      claim.body.tracks?.push({ vertexId: 3, attempt: 1, runId: 'run-4' });
      story.rows.events.push({ ...claim, id: 900, body: { tracks: [{ vertexId: 2, attempt: 2, runId: 'run-5' }] } });
    });
    expect(names).toContain('I7');
  });

  test('claimed when callers had been shown its end, whatever its history says', () => {
    const names = judge((story) => Object.assign(story.answers[2] as object, askedAt(450)));
    expect(names).toEqual(['I7']);
  });

  test('started when it was recorded as ended', () => {
    const names = judge((story) => {
      const start = story.journal[lineOf(story, 'START', 'run-3')] as Story['journal'][0];
      start.atMs = 601;
    });
    expect(names).toEqual(['I7', 'I8']);
  });
});

describe('I8', () => {
  test('a script writes after it was recorded as ended', () => {
    const names = judge((story) => {
      const end = story.journal[lineOf(story, 'END', 'run-1')] as Story['journal'][0];
      end.atMs = 201;
    });
    expect(names).toEqual(['I8']);
  });

  test('a process is left', () => {
    expect(judge((story) => Object.assign(story, { aliveRunIds: ['run-3'] }))).toEqual(['I8']);
  });
});

describe('I9', () => {
  test('the reconcile loop had to mend something', () => {
    expect(judge((story) => Object.assign(story, { repairs: 1 }))).toEqual(['I9']);
  });

  test('a counter is wrong', () => {
    expect(judge((story) => Object.assign(pipeline(story), { openTracks: 1 }))).toEqual(['I9']);
  });

  test('what could start does not', () => {
    const names = judge((story) => {
      Object.assign(pipeline(story), { state: 'RUNNING', openTracks: 1 });
      Object.assign(trackOf(story, 'second'), { state: 'WAITING' });
    });
    expect(names).toContain('I9');
  });
});

test('a line that no script of ours wrote', () => {
  expect(() => parseJournal('START 1 a b 1 run 7 1000000\nSTART 1\n')).toThrow('not a journal line: START 1');
  expect(parseJournal('END 1 a b 2 run 7 1000000\n')).toEqual([
    { kind: 'END', pipelineId: 1, vertex: 'a b', attempt: 2, runId: 'run', pid: 7, atMs: 1 },
  ]);
});
