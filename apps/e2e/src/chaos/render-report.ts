import { renderTable } from '../testing/render-table.ts';
import type { MixSummary } from './summarize-mix.ts';

/** A mix as a page for people. */
export function renderReport(summary: MixSummary): string {
  const { violations, troubles, pipelines, tracks, attempts } = summary;
  const wrong = [...violations.map(({ invariant, what }) => `${invariant}: ${what}`), ...troubles];
  const injected = summary.faults.reduce((sum, { count }) => sum + count, 0);
  return [
    `# Random mix, seed ${summary.seed}, ${summary.minutes} minutes`,
    '',
    wrong.length === 0 ? 'No violation of I1 to I9.' : `**${wrong.length} violations**`,
    ...wrong.map((line) => `- ${line}`),
    '',
    renderTable(
      ['what', 'figure'],
      [
        ['pipelines', pipelines.total],
        [
          '... submitted; started by schedules; run by tracks',
          `${pipelines.submitted}; ${pipelines.scheduled}; ${pipelines.children}`,
        ],
        ['... by state', listCounts(pipelines.byState)],
        ['... by failure policy', listCounts(pipelines.byPolicy)],
        ['... compared with the reference; without a single answer', `${pipelines.compared}; ${pipelines.unjudged}`],
        ['tracks', `${tracks.total}, ${tracks.least} to ${tracks.most} a pipeline that is submitted or scheduled`],
        ['... by state', listCounts(tracks.byState)],
        ['attempts', attempts.total],
        ['... by result', listCounts(attempts.byResult)],
        ['starts in the journal', attempts.journalStarts],
        ['duplicates delivered by the queue', summary.duplicateDeliveries],
        ['duplicate starts', summary.duplicateStarts],
        ['lost pipelines', summary.lost],
        ['stuck pipelines', summary.stuck],
        ['faults', injected],
        ['longest time without a fault', `${(summary.longestWithoutFaultMs / 1000).toFixed(1)} s`],
        ['starts of processes that failed, and were made again', summary.failedStarts],
        ['answers of the API', listCounts(summary.answers)],
      ],
    ),
    '',
    '## Faults',
    '',
    renderTable(
      ['kind', 'count', 'failed'],
      summary.faults.map(({ kind, count, failed }) => [kind, count, failed]),
    ),
    '',
    '## Recovery',
    '',
    'From the fault to where the flow goes on, the time in which the process or server was down included.',
    '',
    renderTable(
      ['fault', 'samples', 'p50, s', 'p95, s', 'max, s'],
      summary.recovery.map(({ kind, samples, p50, p95, max }) => [kind, samples, ...[p50, p95, max].map(inSeconds)]),
    ),
    '',
    '## What was mended',
    '',
    renderTable(['event', 'count'], Object.entries(summary.repairs)),
    '',
    '## Figures over time',
    '',
    'While pipelines ran, after the warm-up, and when all had ended. Processes that die grow anew in each life: what tells is the one of each kind with a single life, over a long mix.',
    '',
    renderTable(
      ['figure', 'lives', 'first', 'last', 'slope an hour', 'second half', 'at rest'],
      summary.slopes.map(({ figure, lives, first, last, perHour, laterPerHour, atRest }) => [
        figure,
        lives,
        ...[first, last, perHour, laterPerHour, atRest].map((value) => (value === null ? '' : value.toFixed(1))),
      ]),
    ),
    '',
    '## Tables',
    '',
    'What each further track that ended left behind: alike in both halves of the mix where nothing but history grows.',
    '',
    renderTable(
      ['table', 'rows at rest', 'rows a track, first half', 'second half'],
      summary.tables.map(({ table: name, rows, firstHalf, secondHalf }) => [
        name,
        rows,
        ...[firstHalf, secondHalf].map((value) => (value === null ? '' : value.toFixed(3))),
      ]),
    ),
    '',
  ].join('\n');
}

function listCounts(counts: Record<string, number>): string {
  const sorted = Object.entries(counts).toSorted(([, one], [, other]) => other - one);
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ');
}

function inSeconds(ms: number | null): string {
  return ms === null ? '' : (ms / 1000).toFixed(1);
}
