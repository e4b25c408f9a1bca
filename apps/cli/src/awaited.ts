import type { Client, Declarations, Pipeline, Track } from '@baton/client';
import { BATON } from './baton-word.ts';
import { formatTime, printable, shorten } from './format.ts';
import { declarationsFor } from './parameters.ts';

/** What a track awaits from a person, and the command that gives it. */
export interface AwaitedStep {
  /** `awaits a choice among B, C`. */
  what: string;
  /** What to type, as it is; alternatives after it in `others`. */
  command: string;
  others: string;
}

const LISTED_NAMES = 10;
const MAX_MESSAGE = 120;
const MAX_DEFAULT = 40;

/** What of a track says what it awaits. */
export type AwaitingTrack = Pick<Track, 'pipelineId' | 'vertex' | 'state' | 'awaits' | 'choice' | 'gate'>;

/** @param missing names of the parameters that it lacks, where they are known; only for a track that awaits `params` */
export function describeAwaited(track: AwaitingTrack, missing: readonly string[] = []): AwaitedStep | null {
  const name = quoteWord(nameTrack(track));
  switch (track.awaits) {
    case 'choice':
      return describeChoice(track, name);
    case 'approval': {
      const form = missingOf(track.gate?.form ?? {}, {}).map((field) => ` -p ${field}=...`);
      const others = `or ${BATON} reject ${name}`;
      return { what: describeGate(track), command: `${BATON} approve ${name}${form.join('')}`, others };
    }
    case 'params': {
      const fields = (missing.length === 0 ? ['name'] : missing).map((field) => ` -p ${field}=...`);
      const what = missing.length === 0 ? 'awaits parameter values' : `awaits values for ${missing.join(', ')}`;
      return { what, command: `${BATON} params ${name}${fields.join('')}`, others: '' };
    }
    case 'decision':
      return {
        what: `is ${track.state} and awaits a decision`,
        command: `${BATON} retry ${name}`,
        others: 'or skip, succeed, give-up',
      };
    case null:
      return null;
  }
}

function describeChoice({ choice }: AwaitingTrack, name: string): AwaitedStep {
  const successors = choice?.successors ?? [];
  const offered = choice?.offered ?? [];
  const chosen = offered.length > 0 ? offered : successors.slice(0, LISTED_NAMES);
  const words = chosen.map((one) => quoteWord(printable(one)));
  const dashes = words.some((word) => word.startsWith('-')) ? ' --' : '';
  return {
    what: `awaits a choice among ${listNames(successors)}`,
    command: `${BATON} next ${name}${dashes} ${words.join(' ')}`.trimEnd(),
    others: '',
  };
}

function describeGate({ gate }: AwaitingTrack): string {
  if (gate === null) return 'awaits approval';
  const message = gate.message === null ? '' : `: ${shorten(printable(gate.message), MAX_MESSAGE)}`;
  const form = Object.entries(gate.form).map(([name, { default: value }]) =>
    value === undefined ? name : `${name}=${shorten(printable(JSON.stringify(value)), MAX_DEFAULT)}`,
  );
  const facts = [
    ...(gate.approvers.length === 0 ? [] : [`by ${listNames(gate.approvers)}`]),
    ...(form.length === 0 ? [] : [`form: ${listNames(form)}`]),
    ...(gate.expiresAt === null ? [] : [`until ${formatTime(gate.expiresAt)} UTC, then ${gate.onExpiry}`]),
  ];
  return `awaits approval${message}${facts.length === 0 ? '' : ` (${facts.join('; ')})`}`;
}

/** One line: `awaits a choice among B, C: npx baton next 7/A B`. */
export function formatAwaited(track: AwaitingTrack, missing: readonly string[] = []): string {
  const step = describeAwaited(track, missing);
  if (step === null) return '';
  return `${step.what}: ${step.command}${step.others === '' ? '' : `, ${step.others}`}`;
}

/** As it is named on the command line. */
export function nameTrack({ pipelineId, vertex }: Pick<Track, 'pipelineId' | 'vertex'>): string {
  return `${pipelineId}/${printable(vertex)}`;
}

/** A word as a shell takes it; letters of any language need no quotes. */
function quoteWord(word: string): string {
  return /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, LISTED_NAMES).map(printable);
  return names.length > shown.length ? `${shown.join(', ')}, ...` : shown.join(', ');
}

/** Required ones without a default and without a value. */
export function missingOf(declarations: Declarations, given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(declarations)
    .filter(([name, { required, default: value }]) => required === true && value === undefined && !(name in given))
    .map(([name]) => name);
}

/** What a person can give to a held track of each vertex of a pipeline's graph: a gate's form comes with the approval. */
export async function readDeclarations(
  client: Client,
  { graphId, version }: Pick<Pipeline, 'graphId' | 'version'>,
): Promise<(vertex: string) => Declarations> {
  const { vertices } = await client.getGraph(String(graphId), version);
  const known = new Map(vertices.map((vertex) => [vertex.name, declarationsFor(vertex)]));
  return (vertex) => known.get(vertex) ?? known.get(vertex.replace(/\[\d+\]$/, '')) ?? {};
}
