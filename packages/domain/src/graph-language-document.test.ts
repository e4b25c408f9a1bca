import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import type { z } from 'zod';
import { evaluateCondition } from './conditions.ts';
import { checkGraph } from './graph-check.ts';
import { edgeObjectSchema, graphDocumentSchema, vertexDocumentSchema } from './graph-definition.ts';
import { toVertexDocument } from './graph-definition-document.ts';
import { parseGraphDocument } from './graph-definition-parse.ts';
import { parseYamlText } from './graph-document.ts';
import { gateDocumentSchema, mapDocumentSchema, subPipelineDocumentSchema } from './graph-policies.ts';
import { parameterDeclarationSchema } from './parameters-declaration.ts';
import { retryPolicySchema } from './retry-policy.ts';

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');
const DOCUMENT = readFileSync(path.join(REPOSITORY, 'docs/graph-language.md'), 'utf8');

/** First cells of the tables of a section, without their heads. */
function firstCells(section: string): string[] {
  const text = DOCUMENT.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...text.matchAll(/^\| `(.+?)` *\| /gm)].map(([, cell]) => cell as string);
}

test.each([
  ['Graph', graphDocumentSchema],
  ['Edge', edgeObjectSchema],
  ['Vertex', vertexDocumentSchema],
  ['Parameter', parameterDeclarationSchema],
  ['Retry', retryPolicySchema],
  ['Gate', gateDocumentSchema],
  ['Map', mapDocumentSchema],
  ['Pipeline', subPipelineDocumentSchema],
] as [string, z.ZodObject][])(
  'the table of %s has exactly the fields of the schema, and says what is refused',
  (section, schema) => {
    expect(firstCells(section)).toEqual(Object.keys(schema.shape));
    const refused = new RegExp('^\\| `(\\w+)` *\\| refused *\\|', 'gm');
    const text = DOCUMENT.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '';
    const required = Object.entries(schema.shape).filter(
      ([, field]) => !(field as z.ZodType).safeParse(undefined).success,
    );
    expect([...text.matchAll(refused)].map(([, field]) => field)).toEqual(required.map(([field]) => field));
  },
);

test('the defaults that the tables name are left out of an export', () => {
  const text = DOCUMENT.split('\n## Vertex\n')[1]?.split('\n## Parameter')[0] ?? '';
  const defaults = [...text.matchAll(/^\| `(\w+)` *\| `([a-z0-9_]+)` *\|/gm)].map(([, field, value]) => {
    return [field, /^(?:false|\d+)$/.test(String(value)) ? (JSON.parse(String(value)) as unknown) : value];
  });
  expect(defaults.map(([field]) => field)).toEqual(['join', 'onLost', 'allowFailure', 'priority', 'onMissing']);
  const parsed = parseGraphDocument({
    name: 'g',
    vertices: [{ name: 'A', script: 'a', ...Object.fromEntries(defaults) }],
  });
  expect(parsed.ok && parsed.value.vertices.map(toVertexDocument)).toEqual([{ name: 'A', script: 'a' }]);
});

test('the example passes the check', () => {
  const [, text = ''] = /```yaml\n(.+?)```/s.exec(DOCUMENT) ?? [];
  const parsed = parseGraphDocument(parseYamlText(text));
  expect(parsed).toMatchObject({ ok: true });
  expect(parsed.ok && checkGraph(parsed.value)).toEqual([]);
});

test('the conditions are decided as the table says', () => {
  const values = {
    params: { n: 5, hosts: ['a', 'b'] },
    outputs: { A: { count: '12' } },
    states: { A: 'SUCCEED' },
  };
  const rows = [...DOCUMENT.matchAll(/^\| `(.+)` *\| (true|false|no answer) *\|$/gm)];
  expect(rows).toHaveLength(11);
  for (const [, condition = '', answer] of rows) {
    const text = condition.replaceAll('\\|', '|');
    const result = evaluateCondition(text, values);
    expect([text, 'problem' in result ? 'no answer' : String(result.value)]).toEqual([text, answer]);
  }
});

test('the codes of the check are those of the code', () => {
  const listed = firstCells('The check');
  const domain =
    'graph-definition-parse graph-definition-problems parameters-declaration graph-check graph-check-scripts';
  const more = 'graph-check-conditions graph-check-policies render-script';
  const files = `${domain} ${more}`.split(' ').map((name) => `packages/domain/src/${name}.ts`);
  const texts = [...files, 'packages/database/src/check-references.ts'].map((file) =>
    readFileSync(path.join(REPOSITORY, file), 'utf8'),
  );
  for (const code of listed) expect([code, texts.some((text) => text.includes(`'${code}'`))]).toEqual([code, true]);
  const found = texts.flatMap((text) =>
    [...text.matchAll(/(?:code: |code = |refuse\(place, )'([a-z_]+)'|refuse\('([a-z]+_[a-z_]+)'/g)].map(
      ([, code, other]) => code ?? other,
    ),
  );
  const told = new Set(found.filter((code) => code !== 'invalid_graph'));
  expect([...told].filter((code) => !listed.includes(String(code)))).toEqual([]);
});
