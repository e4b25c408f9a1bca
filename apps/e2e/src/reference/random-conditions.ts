import type { RandomSource } from '@baton/domain/testing';
import { PARAMS, type Condition } from './scenario.ts';

/** Conditions, each said twice: in CEL for the product, and as a function for the reference. */
interface Named {
  id: number;
  name: string;
}

/** @param visible vertices that it may look at */
export function randomCondition(random: RandomSource, visible: readonly Named[]): Condition {
  const kind =
    visible.length === 0 ? 'param' : random.pick(['param', 'state', 'state', 'has', 'number', 'both', 'either', 'not']);
  const one = (): Condition =>
    visible.length === 0 || random.chance(0.2)
      ? aboutParam(random)
      : random.chance(0.7)
        ? aboutState(random, visible)
        : aboutOutput(random, visible);
  switch (kind) {
    case 'param':
      return aboutParam(random);
    case 'has':
      return aboutOutput(random, visible);
    case 'number':
      return aboutNumber(random, visible);
    case 'both':
    case 'either':
      return combine(kind, one(), one());
    case 'not': {
      const inner = one();
      return { ...inner, text: `!(${inner.text})`, isTrue: (facts) => inner.isTrue(facts) === false };
    }
    default:
      return aboutState(random, visible);
  }
}

function aboutParam(random: RandomSource): Condition {
  const [text, isTrue] = random.pick([
    ['params.env == "prod"', PARAMS['env'] === 'prod'],
    ['params.env != "prod"', PARAMS['env'] !== 'prod'],
    ['params.level > 2', Number(PARAMS['level']) > 2],
    ['params.level == 3 && params.env in ["test", "prod"]', PARAMS['level'] === '3'],
    ['size(params.env) < 3', (PARAMS['env'] ?? '').length < 3],
  ] as const);
  return { text, vertexIds: [], isTrue: () => isTrue };
}

/** `states.v1`, or `states["my v1"]` where the name is no identifier. */
function memberOf(variable: 'states' | 'outputs', { name }: Named): string {
  return /^\w+$/.test(name) ? `${variable}.${name}` : `${variable}[${JSON.stringify(name)}]`;
}

function aboutState(random: RandomSource, visible: readonly Named[]): Condition {
  const vertex = random.pick(visible);
  const state = random.pick(['SUCCEED', 'SUCCEED', 'FAILED', 'SKIPPED', 'CANCELLED']);
  const isEqual = random.chance(0.5);
  return {
    text: `${memberOf('states', vertex)} ${isEqual ? '==' : '!='} "${state}"`,
    vertexIds: [vertex.id],
    isTrue: ({ states }) => (states(vertex.id) === state) === isEqual,
  };
}

function aboutOutput(random: RandomSource, visible: readonly Named[]): Condition {
  const vertex = random.pick(visible);
  const wanted = random.pick(['1', '5']);
  const member = memberOf('outputs', vertex);
  // The library's has() takes no member of an indexed value.
  const hasKey = member.endsWith(']') ? `"n" in ${member}` : `has(${member}.n)`;
  return {
    text: `${hasKey} && ${member}.n == "${wanted}"`,
    vertexIds: [vertex.id],
    isTrue: ({ outputs }) => outputs(vertex.id)['n'] === wanted,
  };
}

/** Has no answer where the vertex did not write `n`. */
function aboutNumber(random: RandomSource, visible: readonly Named[]): Condition {
  const vertex = random.pick(visible);
  return {
    text: `int(${memberOf('outputs', vertex)}.n) > 3`,
    vertexIds: [vertex.id],
    isTrue: ({ outputs }) => {
      const { n } = outputs(vertex.id);
      return n === undefined ? null : Number(n) > 3;
    },
  };
}

function combine(kind: 'both' | 'either', a: Condition, b: Condition): Condition {
  return {
    text: kind === 'both' ? `(${a.text}) && (${b.text})` : `(${a.text}) || (${b.text})`,
    vertexIds: [...new Set([...a.vertexIds, ...b.vertexIds])],
    isTrue: (facts) =>
      kind === 'both'
        ? a.isTrue(facts) === true && b.isTrue(facts) === true
        : a.isTrue(facts) === true || b.isTrue(facts) === true,
  };
}
