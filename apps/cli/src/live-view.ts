import type { Terminal } from './command-context.ts';

export interface LiveView {
  draw(lines: readonly string[]): void;
  /** Leaves the last picture standing. */
  close(): void;
}

/**
 * Draws lines over those drawn before. Lines must be shorter than the terminal is wide, and fewer than it is high; what would
 * not fit is what makes such pictures break, so the callers cut it.
 */
export function createLiveView(terminal: Pick<Terminal, 'write'>): LiveView {
  let drawn = 0;
  let last = '';
  return {
    draw(lines) {
      const picture = lines.map((line) => `${line}\x1b[K\n`).join('');
      if (picture === last) return;
      // Up to the first line of the picture before; what is left of it below is erased.
      const up = drawn === 0 ? '' : `\x1b[${drawn}A`;
      terminal.write(`\x1b[?25l${up}${picture}\x1b[J\x1b[?25h`);
      drawn = lines.length;
      last = picture;
    },
    close() {
      drawn = 0;
      last = '';
    },
  };
}
