import { readExpandedPiece } from './shell-lexer-expansions.ts';
import type { PendingHeredoc, Scan } from './shell-lexer-scan.ts';
import { giveUp, markPlaces, takePlacesUpTo } from './shell-lexer-scan.ts';

/** `<<WORD`, `<<-WORD`, the word plain or quoted as a whole. Other words are legal, and nobody needs them. */
const OPERATOR = /<<(-?)[ \t]*(?:'([\w.-]+)'|"([\w.-]+)"|(\\?)([\w.-]+))(?=[\s;&|<>()]|$)/y;

/** Every pipeline of a line may feed them all. */
const MAX_PENDING = 50;

/** Takes the operator of a heredoc with its word; false where another redirection begins. */
export function takeHeredocOperator(scan: Scan): boolean {
  if (!scan.text.startsWith('<<', scan.offset) || scan.text[scan.offset + 2] === '<') return false;
  OPERATOR.lastIndex = scan.offset;
  const match = OPERATOR.exec(scan.text);
  if (match === null || OPERATOR.lastIndex > scan.limit) giveUp(scan, 'a heredoc whose delimiter is not a plain word');
  const [operator, dash, single, double, backslash, plain] = match;
  if (scan.heredocs.length === MAX_PENDING) giveUp(scan, `more than ${MAX_PENDING} heredocs of one line`);
  scan.offset += operator.length;
  scan.heredocs.push({
    delimiter: (single ?? double ?? plain) as string,
    isQuoted: plain === undefined || backslash !== '',
    stripsTabs: dash !== '',
    hazard: null,
  });
  return true;
}

/** Reads the bodies of all heredocs of the line that has just ended. */
export function readHeredocBodies(scan: Scan): void {
  for (const heredoc of scan.heredocs.splice(0)) readBody(scan, heredoc);
}

function readBody(scan: Scan, heredoc: PendingHeredoc): void {
  const from = scan.places.length;
  const { bodyEnd, end } = findBodyEnd(scan, heredoc);
  if (heredoc.isQuoted) takePlacesUpTo(scan, bodyEnd, { context: 'quoted_heredoc' });
  else {
    const outer = scan.limit;
    scan.limit = bodyEnd;
    // Nothing in a body is a literal: a line of values alone could read like the delimiter.
    while (scan.offset < bodyEnd) readExpandedPiece(scan, 'heredoc');
    scan.limit = outer;
  }
  scan.offset = end;
  markPlaces(scan, from, heredoc.hazard);
}

function findBodyEnd(
  scan: Scan,
  { delimiter, isQuoted, stripsTabs }: PendingHeredoc,
): { bodyEnd: number; end: number } {
  for (let start = scan.offset; start < scan.limit;) {
    const newline = scan.text.indexOf('\n', start);
    const end = newline === -1 ? scan.limit : Math.min(newline, scan.limit);
    const line = scan.text.slice(start, end);
    if ((stripsTabs ? line.replace(/^\t+/, '') : line) === delimiter) {
      return { bodyEnd: start, end: Math.min(end + 1, scan.limit) };
    }
    // bash joins such lines before it looks for the delimiter, dash does not.
    if (!isQuoted && line.endsWith('\\')) giveUp(scan, 'a line of a heredoc that ends with a backslash');
    start = end + 1;
  }
  return giveUp(scan, `a heredoc without its end (${delimiter})`);
}
