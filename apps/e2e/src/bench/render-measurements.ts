import { renderTable } from '../testing/render-table.ts';
import type { Contender } from './contender.ts';
import type { Bar, Measurement } from './measurement.ts';
import { renderMemory, showSpread } from './render-bench.ts';
import type { FigureLine, MeasurementSummary } from './run-measurements.ts';
import type { Workload } from './workloads.ts';

/** What was measured of Baton alone, each figure beside what it is to reach; Markdown. */
export function renderMeasurements(options: {
  measurements: readonly Pick<Measurement, 'id' | 'title'>[];
  summary: MeasurementSummary;
}): string {
  const { measurements, summary } = options;
  return [
    '## Of Baton alone',
    'Median (least to most) of the rounds.',
    ...measurements.flatMap(({ id, title }) => [
      `### ${id}: ${title}`,
      renderTable(
        ['figure', 'value', 'unit', 'bar', ''],
        summary.lines
          .filter(({ measurement }) => measurement === id)
          .map((line) => [line.name, showValue(line), line.unit, showBar(line.bar), showVerdict(line.isReached)]),
      ),
    ]),
    '### Memory at most, MiB',
    renderMemory(Object.entries(summary.rssBytes)),
  ].join('\n\n');
}

/** Digits as far as they say something. */
function showValue({ value }: FigureLine): string {
  const digits = value.median >= 100 ? 0 : value.median >= 10 ? 1 : 2;
  return value.min === value.max ? value.median.toFixed(digits) : showSpread(value, digits);
}

function showBar(bar: Bar | undefined): string {
  if (bar === undefined) return '';
  return 'atLeast' in bar ? `at least ${bar.atLeast}` : `at most ${bar.atMost}`;
}

function showVerdict(isReached: boolean | null): string {
  if (isReached === null) return '';
  return isReached ? 'reached' : '**missed**';
}

/** With what all that was measured. */
export function renderSettings(options: {
  workloads: readonly Pick<Workload, 'id' | 'title'>[];
  measurements: readonly Pick<Measurement, 'id' | 'title'>[];
  contenders: readonly Pick<Contender, 'name' | 'description'>[];
  settings: Readonly<Record<string, string>>;
}): string {
  return [
    '## What was run',
    [
      ...[...options.workloads, ...options.measurements].map(({ id, title }) => `- ${id}: ${title}`),
      ...options.contenders.map(({ name, description }) => `- ${name}: ${description}`),
      ...Object.entries(options.settings).map(([name, value]) => `- ${name}: ${value}`),
    ].join('\n'),
    '',
  ].join('\n\n');
}
