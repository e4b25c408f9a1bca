import type { Word } from './shell-lexer-words.ts';

/**
 * Conditions: `test`, `[` and `[[`. bash evaluates operands of `-eq` and its kind in `[[`, ksh also in `[`, and bash
 * evaluates the subscript of a name after `-v` in both, even where the `-v` itself is a value. So a value may stand
 * only where a literal operator beside it says that it is compared as a text or is the name of a file.
 */

const UNARY = new Set('-n -z -e -f -d -s -r -w -x -L -h'.split(' '));
const BINARY = new Set(['=', '==', '!=']);
const EVALUATING = /^-(?:eq|ne|lt|le|gt|ge|v|R|o|a|t)$/;

/**
 * @param operands the words after the name; for `[[` without its `]]`
 * @returns null, or why values are not safe in this condition
 */
export function judgeTest(operands: readonly Word[], name: string): string | null {
  const evaluating = operands.find(({ literal }) => literal !== null && EVALUATING.test(literal));
  if (evaluating !== undefined) return `a condition with ${evaluating.literal}`;
  for (const [index, word] of operands.entries()) {
    if (word.firstPlace === word.endPlace) continue;
    const before = operands[index - 1]?.literal ?? '';
    const after = operands[index + 1]?.literal ?? '';
    const isSaid = UNARY.has(before) || BINARY.has(before) || BINARY.has(after) || (name === '[[' && before === '=~');
    if (!isSaid) return `an operand of ${name} without a literal operator beside it (write [ "$PARAM_x" = ... ])`;
  }
  return null;
}
