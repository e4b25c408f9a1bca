/** Words for the sentences that tell people how something is. */

/** `1 track`, `3 tracks`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Of many the first: `A, B, C and 34 more`. */
export function list(words: readonly string[], most = 5): string {
  if (words.length <= most) return words.join(', ');
  return `${words.slice(0, most).join(', ')} and ${words.length - most} more`;
}

/** `2026-11-23 12:00:05 UTC`. */
export function moment(time: Date | null): string {
  return time === null ? 'an unknown time' : `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function toIso(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}

/** ` by alice: too early`, or nothing where nobody is known. */
export function byWhom(action: { actor: string | null; reason: string | null } | null): string {
  if (action === null || action.actor === null) return '';
  return ` by ${action.actor}${action.reason === null ? '' : ` (${action.reason})`}`;
}
