/** What the parts of the shell lexer share: the scan's state, the places it finds, and how it gives up. */

/** Where a placeholder stands, as far as that decides how its value can be put there. */
export type PlaceContext =
  | 'word'
  | 'double_quotes'
  | 'single_quotes'
  | 'heredoc'
  | 'quoted_heredoc'
  | 'comment'
  | 'arithmetic'
  | 'expansion'
  | 'ansi_quotes'
  | 'opaque';

/** One placeholder: `script.slice(start, end)` is `{name}`. */
export interface Place {
  name: string;
  start: number;
  end: number;
  context: PlaceContext;
  /** Why a reference to the environment would not be safe here; null where it is. */
  hazard: string | null;
  /** Whether a value of harmless characters may stand here as it is, without changing how the text around it is read. */
  takesLiteral: boolean;
}

/** A heredoc whose body begins after the next newline. */
export interface PendingHeredoc {
  delimiter: string;
  isQuoted: boolean;
  stripsTabs: boolean;
  hazard: string | null;
}

export interface Scan {
  readonly text: string;
  /** Names in braces that are placeholders. */
  readonly isDeclared: (name: string) => boolean;
  offset: number;
  /** The scan goes no further: the end of the text, of a heredoc's body or of what stands in backticks. */
  limit: number;
  depth: number;
  places: Place[];
  heredocs: PendingHeredoc[];
  /** Where the last `$name` ended: a literal there would lengthen the name. */
  variableEnd: number;
  /** Why no value is safe in the whole script: some variable evaluates what is assigned to it, or commands have other names. */
  scriptHazard: string | null;
  /** Some variable is an array: `declare name=value` reads a value in parentheses as a list for it then, and evaluates that. */
  hasArrays: boolean;
  /** Values that declare, typeset or local assign. */
  declaredPlaces: Place[];
  /** Why standard input is code to commands that stand inside the command that is being read. */
  nestedInputHazard: CommandsHazard;
  /** Reads commands up to the limit, or to a closing parenthesis, which it leaves. Set by the lexer: words contain commands. */
  readonly readCommands: (scan: Scan, end: 'limit' | 'parenthesis') => void;
}

/** What the commands inside do with their standard input: null, or why it is code to them. */
export type CommandsHazard = string | null;

const MAX_NESTING = 50;
const MAX_PLACEHOLDER_LENGTH = 600;

/** Thrown inside the lexer when it is not certain how a shell reads the text; nothing is guessed after that. */
export class UncertainScript extends Error {
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.offset = offset;
  }
}

export function giveUp(scan: Scan, reason: string): never {
  throw new UncertainScript(reason, Math.min(scan.offset, scan.text.length));
}

/** The character at the offset, or an empty string at the limit. */
export function peek(scan: Scan, ahead = 0): string {
  const at = scan.offset + ahead;
  return at < scan.limit ? (scan.text[at] as string) : '';
}

/** Goes one level deeper; gives up where a script nests deeper than any person writes. The caller comes up again. */
export function goDeeper(scan: Scan): void {
  if (scan.depth === MAX_NESTING) giveUp(scan, `more than ${MAX_NESTING} levels of nesting`);
  scan.depth += 1;
}

/** Runs one level deeper. */
export function nest<T>(scan: Scan, read: () => T): T {
  goDeeper(scan);
  const result = read();
  scan.depth -= 1;
  return result;
}

/** No braces and no newline inside: a text of many opening braces is read once. */
const PLACEHOLDER = new RegExp(`\\{([^{}\\n]{1,${MAX_PLACEHOLDER_LENGTH}})\\}`, 'y');

/** The declared name in the braces that open at `offset`, null where they are the script's own, as after any `$`. */
export function placeholderAt(scan: Pick<Scan, 'text' | 'isDeclared' | 'limit'>, offset: number): string | null {
  if (scan.text[offset - 1] === '$') return null;
  PLACEHOLDER.lastIndex = offset;
  const name = PLACEHOLDER.exec(scan.text)?.[1];
  if (name === undefined || PLACEHOLDER.lastIndex > scan.limit) return null;
  return scan.isDeclared(name) ? name : null;
}

type PlaceFields = Pick<Place, 'context'> & Partial<Pick<Place, 'hazard' | 'takesLiteral'>>;

/** Takes a placeholder that begins at the offset; false where there is none. */
export function takePlace(scan: Scan, fields: PlaceFields): boolean {
  const name = peek(scan) === '{' ? placeholderAt(scan, scan.offset) : null;
  if (name === null) return false;
  const start = scan.offset;
  scan.offset += name.length + 2;
  scan.places.push({ name, start, end: scan.offset, hazard: null, takesLiteral: false, ...fields });
  return true;
}

/** Takes the placeholders of a stretch in which nothing else matters: quotes, comments, quoted heredocs. */
export function takePlacesUpTo(scan: Scan, end: number, fields: PlaceFields): void {
  // Not by indexOf, which would look through the rest of the script for every short stretch.
  while (scan.offset < end) if (!takePlace(scan, fields)) scan.offset += 1;
  scan.offset = end;
}

/** Marks the places from an index on, unless they are marked already or nothing in them reaches a shell. */
export function markPlaces(scan: Scan, from: number, hazard: string | null): void {
  if (hazard === null) return;
  for (const place of scan.places.slice(from)) if (place.context !== 'comment') place.hazard ??= hazard;
}
