import type { CommandState } from './shell-lexer-commands.ts';
import { judgeCommand } from './shell-lexer-commands.ts';
import type { CommandsHazard, Scan } from './shell-lexer-scan.ts';
import { markPlaces, peek, takePlacesUpTo } from './shell-lexer-scan.ts';

/** The state of a list of commands while it is read, and how its commands and pipelines end. */

export type FrameKind = 'brace' | 'if' | 'loop' | 'case';

/** A compound command that is open, with the pipeline in which it stands. */
interface Frame {
  kind: FrameKind;
  outer: Pipeline;
  /** What the list had found before it. */
  outerInputHazard: CommandsHazard;
}

interface Pipeline {
  firstPlace: number;
  /** Why its places are not safe. */
  hazard: string | null;
  /** Why whatever feeds it is not safe either. */
  inputHazard: CommandsHazard;
}

export interface List {
  frames: Frame[];
  pipeline: Pipeline;
  command: CommandState;
  /** After `|`, `&&` or `||` a newline ends nothing. */
  continues: boolean;
  /** Of the pipelines that ended since the innermost frame was opened. */
  inputHazard: CommandsHazard;
}

export function newPipeline(scan: Scan): Pipeline {
  return { firstPlace: scan.places.length, hazard: null, inputHazard: null };
}

export function newCommand(scan: Scan, fields: Partial<CommandState> = {}): CommandState {
  const usual = { words: [], isStarted: false, isData: false, isConditional: false, isAmbiguous: false };
  return { ...usual, firstPlace: scan.places.length, ...fields };
}

export function newList(scan: Scan): List {
  const [pipeline, command] = [newPipeline(scan), newCommand(scan)];
  return { frames: [], pipeline, command, continues: false, inputHazard: null };
}

/** Ends a command of a pipeline, which may go on. */
export function endCommand(scan: Scan, list: List): void {
  const judged = judgeCommand(scan, list.command);
  const { pipeline } = list;
  markPlaces(scan, list.command.firstPlace, judged.argumentHazard);
  pipeline.hazard ??= judged.hazard;
  // Commands inside its words or parentheses read the same standard input.
  pipeline.inputHazard ??= judged.inputHazard ?? scan.nestedInputHazard;
  scan.nestedInputHazard = null;
  list.command = newCommand(scan);
}

export function endPipeline(scan: Scan, list: List): void {
  endCommand(scan, list);
  const { firstPlace, hazard, inputHazard } = list.pipeline;
  const found = hazard ?? inputHazard;
  markPlaces(scan, firstPlace, found);
  for (const heredoc of scan.heredocs) heredoc.hazard ??= found;
  list.inputHazard ??= inputHazard;
  list.pipeline = newPipeline(scan);
  list.continues = false;
}

export function readComment(scan: Scan): void {
  const newline = scan.text.indexOf('\n', scan.offset);
  takePlacesUpTo(scan, newline === -1 || newline > scan.limit ? scan.limit : newline, { context: 'comment' });
}

/** Blanks and continued lines. */
export function skipBlanks(scan: Scan): void {
  for (;;) {
    const character = peek(scan);
    if (character === ' ' || character === '\t') scan.offset += 1;
    else if (character === '\\' && peek(scan, 1) === '\n') scan.offset += 2;
    else return;
  }
}
