import { isReached, type Figure, type MeasuredBaton, type Measurement } from './measurement.ts';
import { combine, spreadOf, type Spread } from './summarize-rounds.ts';
import { watchMemory } from './watch-memory.ts';

export interface MeasuredRound {
  measurement: string;
  /** From 1; 0 is the warm-up, which does not count. */
  round: number;
  figures: readonly Figure[];
  /** What processes held in memory at most meanwhile, by name. */
  rssBytes: Readonly<Record<string, number>>;
}

/** A figure over all rounds, or of the one that there was. */
export interface FigureLine extends Omit<Figure, 'value'> {
  measurement: string;
  value: Spread;
  /** Whether the median reaches the bar; null: there is none. */
  isReached: boolean | null;
}

export interface MeasurementSummary {
  lines: FigureLine[];
  /** By measurement; the most that was seen. */
  rssBytes: Record<string, Record<string, number>>;
}

/** One measurement after another, each in all of its rounds: there is nothing to compare within a round. */
export async function runMeasurements(options: {
  measurements: readonly Measurement[];
  baton: MeasuredBaton;
  rounds: number;
}): Promise<MeasuredRound[]> {
  const done: MeasuredRound[] = [];
  for (const measurement of options.measurements) {
    const isOnce = measurement.isOnce === true;
    for (let round = isOnce ? 1 : 0; round <= (isOnce ? 1 : options.rounds); round += 1) {
      const which = round === 0 ? 'warm-up' : `round ${round} of ${isOnce ? 1 : options.rounds}`;
      const measured = await measureOnce(options.baton, measurement);
      for (const { name, value, unit } of measured.figures) {
        options.baton.report(`${which}: ${measurement.id} ${name}: ${value.toFixed(2)} ${unit}`);
      }
      done.push({ measurement: measurement.id, round, ...measured });
    }
  }
  return done.filter(({ round }) => round > 0);
}

async function measureOnce(
  baton: MeasuredBaton,
  { measure }: Measurement,
): Promise<Pick<MeasuredRound, 'figures' | 'rssBytes'>> {
  const memory = watchMemory(baton.listProcesses());
  try {
    return { figures: await measure(baton), rssBytes: await memory.stop() };
  } finally {
    await memory.stop();
  }
}

export function summarizeMeasurements(rounds: readonly MeasuredRound[]): MeasurementSummary {
  const summary: MeasurementSummary = { lines: [], rssBytes: {} };
  for (const measurement of new Set(rounds.map((round) => round.measurement))) {
    const own = rounds.filter((round) => round.measurement === measurement);
    const figures = own.flatMap((round) => round.figures);
    for (const name of new Set(figures.map((figure) => figure.name))) {
      const [first, ...rest] = figures.filter((figure) => figure.name === name);
      if (first === undefined) continue;
      const value = spreadOf([first, ...rest].map((figure) => figure.value));
      const reached = first.bar === undefined ? null : isReached(value.median, first.bar);
      summary.lines.push({ ...first, measurement, value, isReached: reached });
    }
    summary.rssBytes[measurement] = combine(
      own.map(({ rssBytes }) => rssBytes),
      'max',
    );
  }
  return summary;
}
