/**
 * A transaction needs a graph that is large and that this process has not in memory. Reading it takes up to seconds, and
 * nobody is to wait so long for the locks of the transaction: withTransaction rolls back, has the graph loaded, and runs the
 * body again.
 */
export class LargeGraphError extends Error {
  readonly load: () => Promise<unknown>;

  constructor(versionId: number, load: () => Promise<unknown>) {
    super(`the graph of version ${versionId} is large and is loaded before the transaction`);
    this.load = load;
  }
}
