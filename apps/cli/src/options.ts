import { InvalidArgumentError } from 'commander';

/** Readers of option values; commander puts the option's name before their messages. */

export function readWholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}.`);
  };
}

export function readPositive(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a number greater than 0.');
}

export const readId = readWholeNumber(1, Number.MAX_SAFE_INTEGER);

/** For an option that may be given several times. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** For an option that may be given several times, each time one of these. */
export function collectChoice(choices: readonly string[]): (value: string, before: string[]) => string[] {
  return (value, before) => {
    const choice = value.toUpperCase();
    if (!choices.includes(choice)) throw new InvalidArgumentError(`expected one of ${choices.join(', ')}.`);
    return [...before, choice];
  };
}

/** The same for words that are written in small letters. */
export function collectWord(choices: readonly string[]): (value: string, before: string[]) => string[] {
  return (value, before) => {
    if (!choices.includes(value)) throw new InvalidArgumentError(`expected one of ${choices.join(', ')}.`);
    return [...before, value];
  };
}
