import type { Track } from '@baton/client';

/** What somebody typed when asked for a choice. */
export type ChoiceAnswer = { kind: 'next'; names: string[] } | { kind: 'later' } | { kind: 'unclear'; problem: string };

export interface Offer {
  /** In the order in which they are numbered from 1: what `next` of the vertex names first. */
  names: string[];
  /** What Enter takes: `next`, or the only successor there is; empty: Enter alone is no answer. */
  preset: string[];
}

export function composeOffer({ choice }: Pick<Track, 'choice'>): Offer {
  const { offered = [], successors = [] } = choice ?? {};
  const preset = offered.length > 0 ? offered : successors.length === 1 ? successors : [];
  return { names: [...offered, ...successors.filter((name) => !offered.includes(name))], preset };
}

/**
 * Reads numbers of the offer or names, separated by commas (numbers also by blanks); `all`, `none`, `later` where no
 * successor is called so.
 */
export function readChoice(text: string, { names, preset }: Offer): ChoiceAnswer {
  const typed = text.trim();
  if (typed === '' && preset.length > 0) return { kind: 'next', names: preset };
  if (typed === '') return { kind: 'unclear', problem: 'expected a number or a name' };
  if (names.includes(typed)) return { kind: 'next', names: [typed] };
  if (typed === 'later') return { kind: 'later' };
  if (typed === 'all') return { kind: 'next', names };
  if (typed === 'none') return { kind: 'next', names: [] };
  const words = (/^[\d\s,]+$/.test(typed) ? typed.split(/[\s,]+/) : typed.split(',')).map((word) => word.trim());
  const chosen: string[] = [];
  for (const word of words.filter((one) => one !== '')) {
    const name = /^\d+$/.test(word) ? names[Number(word) - 1] : names.find((one) => one === word);
    if (name === undefined) return { kind: 'unclear', problem: `expected one of those above, found ${word}` };
    if (chosen.includes(name)) return { kind: 'unclear', problem: `expected each once, found ${name} twice` };
    chosen.push(name);
  }
  if (chosen.length === 0) return { kind: 'unclear', problem: `expected a number or a name, found ${typed}` };
  return { kind: 'next', names: chosen };
}
