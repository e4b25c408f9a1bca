import type { Database } from './data-source.ts';

/** Packets that the only connection of a pool sent. */
export async function countPackets(single: Database, run: () => Promise<unknown>): Promise<number> {
  const runner = single.dataSource.createQueryRunner();
  const connection = (await runner.connect()) as { query(...values: unknown[]): unknown };
  await runner.release();
  const query = connection.query.bind(connection);
  let packets = 0;
  connection.query = (...values) => {
    packets += 1;
    return query(...values);
  };
  await run();
  connection.query = query;
  return packets;
}
