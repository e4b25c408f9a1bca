import path from 'node:path';
import { answer, type CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { readTextFile, refuseProblems } from '../graph-file.ts';
import { importWorkflow } from '../workflow-format.ts';
import { renderSaved } from './graph-store.ts';
import { followToEnd } from './run.ts';

export interface ImportCommandOptions {
  timeScale: number;
  name?: string;
  run?: boolean;
  print?: boolean;
  timeout?: number;
  journal?: string;
  onLost?: 'fail' | 'retry';
}

/** Stores a workflow in WfFormat 1.5 as a graph; with --run it is started and followed. */
export async function importGraph(
  context: CommandContext,
  file: string,
  options: ImportCommandOptions,
): Promise<ExitCode> {
  const { timeScale, name, journal, onLost } = options;
  const document = importWorkflow(readTextFile(file, context.workingDirectory), file, {
    timeScale,
    ...(name === undefined ? {} : { name }),
    ...(journal === undefined ? {} : { journal: path.resolve(context.workingDirectory, journal) }),
    ...(onLost === undefined ? {} : { onLost }),
  });
  if (options.print === true) {
    context.terminal.write(`${JSON.stringify(document, null, 2)}\n`);
    return EXIT.success;
  }
  const client = context.connect();
  const saved = await client.putGraph(document.name, document);
  if (options.run !== true) {
    answer(context, saved, () => renderSaved(context, saved));
    return saved.problems.length === 0 ? EXIT.success : EXIT.usage;
  }
  refuseProblems(saved);
  const pipeline = await client.startPipeline({ graph: `${saved.name}@${saved.version}` });
  return followToEnd(context, pipeline, options.timeout);
}
