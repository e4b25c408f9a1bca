import type { Client } from '@baton/client';
import type { Stack, StackOptions } from '@baton/devstack';
import type { Colors } from 'picocolors/types';

/** What is typed as the answer to a secret one is not shown. */
export interface Question {
  text: string;
  isSecret: boolean;
}

/** Where a command writes and asks. Tests give their own. */
export interface Terminal {
  write(text: string): void;
  /** Messages, questions, progress: whatever is not the answer. */
  writeError(text: string): void;
  /** Both outputs go to a person, who can be shown something that moves. */
  isLive: boolean;
  columns(): number;
  rows(): number;
  /** Null where nobody can be asked. The signal takes the questions back; its reason is thrown. */
  ask: ((questions: readonly Question[], signal?: AbortSignal) => Promise<string[]>) | null;
}

/** What every command gets. */
export interface CommandContext {
  terminal: Terminal;
  colors: Colors;
  /** One JSON document on stdout, and nothing else there. */
  isJson: boolean;
  /** Aborted by Ctrl-C and SIGTERM. */
  signal: AbortSignal;
  workingDirectory: string;
  /** @throws CliError where it is not known which server is meant */
  connect(): Client;
  startStack(options: StackOptions): Promise<Stack>;
}

/** Writes the answer of a command: as JSON where that was asked for, else as text for people. */
export function answer(context: CommandContext, value: unknown, text: () => string): void {
  if (context.isJson) context.terminal.write(`${JSON.stringify(value, null, 2)}\n`);
  else context.terminal.write(withNewline(text()));
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
