import {
  storeOutput,
  storeTrackOutputs,
  type AttemptOutputs,
  type OutputChunk,
  type RefusedOutput,
} from '@baton/database';
import {
  errorOfProblems,
  escapePointer,
  explainBadOutputValue,
  isParameterName,
  MAX_OUTPUT_FILE_BYTES,
  MAX_OUTPUT_KEYS,
  type OutputValues,
  type Problem,
} from '@baton/domain';
import type { AppDeps } from './app-deps.ts';

type SentChunk = Omit<OutputChunk, 'bytes'> & { data: string };

/** @param chunks `data` is base64 @returns the runs whose pieces were refused: they do not hold their attempt */
export function keepOutput(deps: Pick<AppDeps, 'database'>, chunks: readonly SentChunk[]): Promise<RefusedOutput[]> {
  const pieces = chunks.map(({ data, ...chunk }) => ({ ...chunk, bytes: Buffer.from(data, 'base64') }));
  return storeOutput(deps.database, pieces);
}

/**
 * @param outputs what runs hand on; workers read files by the same rules
 * @returns the runs whose values were refused: they do not hold their attempt
 * @throws BatonError invalid_request, which quotes no value: it may be a secret, and errors are logged
 */
export function keepOutputValues(
  deps: Pick<AppDeps, 'database'>,
  outputs: readonly (AttemptOutputs & { runId: string })[],
): Promise<RefusedOutput[]> {
  const problems = outputs.flatMap(({ values }, at) => findProblems(values, `/outputs/${at}/values`));
  if (problems.length === 0) return storeTrackOutputs(deps.database, outputs);
  throw errorOfProblems('invalid_request', 'expected values as $BATON_OUTPUT takes them', problems);
}

function findProblems(values: Readonly<OutputValues>, pointer: string): Problem[] {
  const problems: Problem[] = [];
  const refuse = (message: string, at = pointer): void =>
    void problems.push({ code: 'invalid_field', message, pointer: at });
  let bytes = 0;
  for (const [key, value] of Object.entries(values)) {
    bytes += Buffer.byteLength(value);
    const problem = isParameterName(key)
      ? explainBadOutputValue(value)
      : 'expected a key of letters, digits and _, not first a digit, at most 63, found another text';
    if (problem !== null) refuse(problem, `${pointer}/${escapePointer(key)}`);
  }
  const count = Object.keys(values).length;
  if (count > MAX_OUTPUT_KEYS) refuse(`expected at most ${MAX_OUTPUT_KEYS} keys, found ${count}`);
  if (bytes > MAX_OUTPUT_FILE_BYTES)
    refuse(`expected at most ${MAX_OUTPUT_FILE_BYTES} bytes of values, found ${bytes}`);
  return problems;
}
