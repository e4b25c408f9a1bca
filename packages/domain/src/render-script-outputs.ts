import { isParameterName } from './parameters-declaration.ts';

/** `{vertex.key}`: an output of a vertex. Keys are names as parameters have them; the vertex's name may hold dots. */
export interface OutputReference {
  vertex: string;
  key: string;
}

/** Splits at the last dot; null where the text names no output. */
export function splitOutputReference(name: string): OutputReference | null {
  const dot = name.lastIndexOf('.');
  const key = name.slice(dot + 1);
  return dot > 0 && isParameterName(key) ? { vertex: name.slice(0, dot), key } : null;
}

/**
 * The environment variable that carries an output: `OUTPUT_<vertex>__<key>`. In the vertex's name ASCII letters and digits
 * stand for themselves, every other character is `_` and the six hexadecimal digits of its code point. A `_` before
 * another `_` is therefore never part of the vertex, and two outputs never share a variable.
 */
export function outputVariable({ vertex, key }: OutputReference): string {
  const encoded = vertex.replace(/[^A-Za-z0-9]/gu, (character) => {
    return `_${(character.codePointAt(0) as number).toString(16).padStart(6, '0')}`;
  });
  return `OUTPUT_${encoded}__${key}`;
}
