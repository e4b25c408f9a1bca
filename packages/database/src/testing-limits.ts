import { randomBytes } from 'node:crypto';
import { parseGraphDocument, type VertexPolicies } from '@baton/domain';
import { claimAttempts, type ClaimResult, type RunKey } from './claim-attempts.ts';
import type { Database } from './data-source.ts';
import { loadFlowGraph, type StoredGraph } from './load-flow-graph.ts';
import { createGraph } from './save-graph.ts';
import { sealVersion } from './seal-version.ts';
import { selectRows } from './statements.ts';
import { makeRunId, TEST_LEASE_MS, TEST_WORKER } from './testing-flow.ts';
import { withTransaction } from './with-transaction.ts';

/** Vertices by name, without edges, with their policies; the graph's own limit beside. */
export interface LimitedShape {
  vertices: Readonly<Record<string, Partial<VertexPolicies>>>;
  limit?: number;
}

/** A sealed graph whose vertices all start at once. */
export function storeLimitedGraph(database: Database, { vertices, limit }: LimitedShape): Promise<StoredGraph> {
  const parsed = parseGraphDocument({
    name: `graph-${randomBytes(8).toString('hex')}`,
    vertices: Object.keys(vertices).map((name) => ({ name, script: `echo ${name}` })),
  });
  if (!parsed.ok) throw new Error(`a test's graph is wrong: ${JSON.stringify(parsed.problems)}`);
  const definition = { ...parsed.value, limit: limit ?? null };
  for (const vertex of definition.vertices) Object.assign(vertex.policies, vertices[vertex.name]);
  return withTransaction(database, async (runner) => {
    const { versionId } = await createGraph(runner, { definition, isSound: true });
    const graph = await loadFlowGraph(runner, database, versionId);
    await sealVersion(runner, graph);
    return graph;
  });
}

/** A name of a pool that no other test uses. */
export function makePoolName(): string {
  return `pool-${randomBytes(6).toString('hex')}`;
}

/** Claims first attempts for the worker of the tests. */
export function claimAll(
  database: Database,
  trackIds: readonly number[],
): Promise<(ClaimResult & { trackId: number })[]> {
  return claimRuns(
    database,
    trackIds.map((trackId) => ({ trackId, attempt: 1, runId: makeRunId() })),
  );
}

export async function claimRuns(
  database: Database,
  claims: readonly RunKey[],
): Promise<(ClaimResult & { trackId: number })[]> {
  const request = { workerId: TEST_WORKER, labels: ['default'], leaseMs: TEST_LEASE_MS, claims };
  const results = await claimAttempts(database, request);
  return results.map((result, index) => ({ ...result, trackId: claims[index]?.trackId ?? 0 }));
}

/** `granted`, or why not. */
export const whyOf = (result: ClaimResult): string => (result.granted ? 'granted' : result.why);

/** How many tracks run, asked of the tracks alone: what limits note about them is not looked at. */
export async function countRunning(database: Database, trackIds: readonly number[]): Promise<number> {
  const [row] = await selectRows<{ running: number }>(
    database.dataSource,
    `SELECT COUNT(*) AS running FROM track WHERE id IN (?) AND state = 'RUNNING'`,
    [trackIds],
  );
  return row?.running ?? 0;
}
