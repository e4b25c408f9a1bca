import { expect, test } from '@jest/globals';
import { findOutputReferences } from './output-references.ts';
import { parseDeclarations } from './parameters-declaration.ts';

function referencesOf(script: string): string[] {
  const { declarations } = parseDeclarations({ ip: {} }, '');
  const hasVertex = (name: string): boolean => ['A', 'my vertex'].includes(name);
  const found = findOutputReferences({ script, shell: null, declarations, hasVertex });
  return found.map(({ vertex, key }) => `${vertex}|${key}`);
}

test('each output once, in the order of the script', () => {
  expect(referencesOf('echo {my vertex.b} {A.a} "{A.a}"')).toEqual(['my vertex|b', 'A|a']);
});

test('neither parameters, nor comments, nor what is the script’s own', () => {
  expect(referencesOf('echo {ip} {B.a} ${A.a} # {A.a}')).toEqual([]);
  expect(referencesOf('echo {A.a} # {A.a}')).toEqual(['A|a']);
});
