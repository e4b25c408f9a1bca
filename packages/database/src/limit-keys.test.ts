import { expect, test } from '@jest/globals';
import { DEFAULT_POLICIES, type VertexPolicies } from '@baton/domain';
import { limitsOf, poolKey, poolNameOf, type LimitedGraph } from './limit-keys.ts';

const keysOf = (policies: Partial<VertexPolicies>, graph: Partial<LimitedGraph> = {}): string[] =>
  limitsOf({ graphId: 7, limit: null, ...graph }, { id: 3, policies: { ...DEFAULT_POLICIES, ...policies } }, 12).map(
    ({ key, capacity }) => `${key}=${capacity}`,
  );

const map = { over: 'list', as: 'item', concurrency: 2, minSuccessPercent: 100 };
const pipeline = { graph: 'other', params: {}, outputs: {} };

test('a track counts against its vertex, its graph and its pools, in the order of their keys', () => {
  expect(keysOf({})).toEqual([]);
  expect(keysOf({ limit: 4, pools: ['z', 'a', 'Z'] }, { limit: 9 })).toEqual([
    'graph:7=9',
    'pool:Z=null',
    'pool:a=null',
    'pool:z=null',
    'vertex:7:3=4',
  ]);
});

test('a map’s own track counts against nothing; its items against the map, and the limits of its vertex', () => {
  expect(keysOf({ map, limit: 4, pools: ['a'] }, { limit: 9 })).toEqual([]);
  const items = { limit: 9, map: { vertexId: 5, concurrency: 2 } };
  expect(keysOf({ limit: 4, pools: ['a'] }, items)).toEqual(['graph:7=9', 'map:12=2', 'pool:a=null', 'vertex:7:5=4']);
  expect(keysOf({ limit: 4 }, { map: { vertexId: 5, concurrency: null } })).toEqual(['vertex:7:5=4']);
});

test('a track that runs another graph counts against its vertex and its graph, not against pools', () => {
  expect(keysOf({ pipeline, limit: 4, pools: ['a'] }, { limit: 9 })).toEqual(['graph:7=9', 'vertex:7:3=4']);
});

test('a pool is found by its key, and only a pool', () => {
  expect(poolNameOf(poolKey('warehouse.eu'))).toBe('warehouse.eu');
  expect(poolNameOf('vertex:1:2')).toBeNull();
});
