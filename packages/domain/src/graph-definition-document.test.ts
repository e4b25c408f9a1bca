import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { graphDocumentSchema, vertexDocumentSchema } from './graph-definition.ts';
import { formatGraphYaml, toGraphDocument } from './graph-definition-document.ts';
import { parseGraphDocument } from './graph-definition-parse.ts';
import { parseJsonText, parseYamlText } from './graph-document.ts';
import { JOIN_RULES } from './join-rules.ts';
import { valueOf } from './testing-parsed.ts';

describe('toGraphDocument', () => {
  // JSON text has no negative zero: what is written as such comes back as 0.
  const jsonValue = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)));
  const name = fc.stringMatching(/^[a-z中][a-z中 ._-]{0,8}[a-z中]$/);
  const script = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('{"script": "x"}', '{ a; }', 'a\n b\n', '#!/bin/sh\n\ta: - x'),
  );
  const declaration = fc.oneof(
    fc.record({ type: fc.constant('int'), default: fc.integer(), secret: fc.boolean() }, { requiredKeys: ['type'] }),
    fc.record({ type: fc.constant('json'), default: jsonValue, description: fc.string() }, { requiredKeys: ['type'] }),
    fc.record({ type: fc.constant('str'), required: fc.boolean(), min: fc.nat(3) }, { requiredKeys: [] }),
  );
  const declarations = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), declaration, { maxKeys: 3 });
  const output = fc.constantFrom('A.key', 'my vertex.key');
  const gate = fc.record(
    {
      approvers: fc.constantFrom([], ['token:a b', 'role:ops']),
      form: declarations,
      message: fc.string(),
      expiresMs: fc.option(fc.integer({ min: 1, max: 99 })),
      onExpiry: fc.constantFrom('approve', 'reject'),
      onReject: fc.constantFrom('skip', 'fail'),
      forbidSelfApproval: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  const map = fc.record(
    {
      over: fc.oneof(fc.constant('list'), output),
      as: fc.constantFrom('item', 'x'),
      concurrency: fc.option(fc.integer({ min: 1, max: 9 })),
      minSuccessPercent: fc.constantFrom(100, 0, 33.5),
    },
    { requiredKeys: ['over'] },
  );
  const pipeline = fc.record(
    {
      graph: fc.constantFrom('other', 'other@3'),
      params: fc.dictionary(fc.constantFrom('a', 'b', 'A.c'), jsonValue),
      outputs: fc.dictionary(fc.constantFrom('a', 'b'), output),
    },
    { requiredKeys: ['graph'] },
  );
  const vertex = fc.record(
    {
      name,
      description: fc.string(),
      input: declarations,
      script,
      next: fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), name), { maxLength: 3 }),
      shell: fc.constantFrom(null, 'bash'),
      join: fc.constantFrom(...JOIN_RULES),
      timeoutMs: fc.option(fc.integer({ min: 1, max: 99 })),
      retry: fc.option(fc.record({ max: fc.integer({ min: 1, max: 9 }), exitCodes: fc.constant([1]) })),
      allowFailure: fc.boolean(),
      labels: fc.constantFrom([], ['a']),
      onMissing: fc.constantFrom('ask', 'refuse'),
      when: fc.constantFrom(null, 'params.x == 1', '"\n": '),
      gate: fc.option(gate),
      map: fc.option(map),
      pipeline: fc.option(pipeline),
      limit: fc.option(fc.integer({ min: 1, max: 9 })),
      pools: fc.constantFrom([], ['a', 'b']),
      queueTimeoutMs: fc.option(fc.integer({ min: 1, max: 9 })),
    },
    { requiredKeys: ['name', 'script'] },
  );
  const noScript = fc.record({ name, pipeline });
  const when = fc.constantFrom(null, 'states.A == "FAILED"');
  const edge = fc.oneof(
    fc.tuple(name, name),
    fc.record({ tail: name, head: name, when }, { requiredKeys: ['tail', 'head'] }),
  );
  const graph = fc.record(
    {
      name,
      description: fc.string(),
      onFailure: fc.constantFrom('kill', null),
      timeoutMs: fc.option(fc.integer({ min: 1, max: 9 })),
      limit: fc.option(fc.integer({ min: 1, max: 9 })),
      vertices: fc.array(fc.oneof(vertex, noScript), { maxLength: 3 }),
      edges: fc.array(edge, { maxLength: 3 }),
    },
    { requiredKeys: ['name'] },
  );

  test('is the inverse of the parser, also through JSON and YAML', () => {
    fc.assert(
      fc.property(graph, (drawn) => {
        const parsed = parseGraphDocument(drawn);
        if (!parsed.ok) return;
        const document = toGraphDocument(parsed.value);
        expect(graphDocumentSchema.safeParse(document).success).toBe(true);
        expect(parseGraphDocument(document)).toEqual(parsed);
        expect(parseGraphDocument(parseJsonText(JSON.stringify(document)))).toEqual(parsed);
        expect(parseGraphDocument(parseYamlText(formatGraphYaml(document)))).toEqual(parsed);
      }),
      { seed: 1 },
    );
  });

  test('leaves defaults out', () => {
    const vertices = [
      { name: 'A', script: 'x' },
      { name: 'B', script: 'x', gate: {}, map: { over: 'p' } },
      { name: 'C', pipeline: { graph: 'g' } },
    ];
    const document = { name: 'a', vertices, edges: [['A', 'B']] };
    expect(toGraphDocument(valueOf(parseGraphDocument(document)))).toEqual(document);
  });

  test('the schemas make JSON Schema for the OpenAPI document', () => {
    const schema = z.toJSONSchema(graphDocumentSchema, { io: 'input', target: 'draft-2020-12' });
    expect(JSON.stringify(schema)).toContain('VertexDocument');
    expect(JSON.stringify(z.toJSONSchema(vertexDocumentSchema, { io: 'input' }))).toContain(
      '"additionalProperties":false',
    );
  });
});
