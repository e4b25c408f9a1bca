import type { DataSource, QueryRunner } from 'typeorm';
import { composePackets, sendPacket, separateStatements, type Connection } from './packets.ts';
import type { Transaction, Write } from './statements.ts';

/** A transaction as whoever opened it sees it. */
export interface OpenTransaction extends Transaction {
  /** The server was asked to start it, and it was not committed or rolled back. */
  readonly isActive: boolean;
  /** Sends what was added; what was checked is committed, in a packet of its own. */
  commit(): Promise<void>;
  rollBack(): Promise<void>;
}

/**
 * A transaction on the connection of a runner. START TRANSACTION and what is added wait for the next statement that
 * somebody waits for, and are sent before it: in one packet where the database allows it, else one by one. So whoever
 * reads sees what was written before, and nothing is sent for a transaction that does nothing.
 *
 * It is sent past TypeORM, which takes as much time of the processor for each statement as the driver does; its logger is
 * told of every statement all the same.
 */
export function createTransaction(
  queryRunner: QueryRunner,
  { sendsTogether, mayTakeLong }: { sendsTogether: boolean; mayTakeLong: boolean },
): OpenTransaction {
  const { dataSource } = queryRunner;
  let waiting: Write[] = [{ sql: 'START TRANSACTION' }];
  let isActive = false;
  const send = async (statements: readonly Write[]): Promise<unknown[]> => {
    const connection = (await queryRunner.connect()) as Connection;
    isActive = true;
    const results: unknown[] = [];
    const packets = (sendsTogether ? composePackets : separateStatements)(connection, statements);
    for (const packet of packets) {
      log(dataSource, packet.statements);
      const answers = await sendPacket(connection, packet);
      for (const [index, write] of packet.statements.entries()) {
        write.check?.((answers[index] as { affectedRows: number }).affectedRows);
      }
      results.push(...answers);
    }
    return results;
  };
  const sendWith = async (statements: readonly Write[]): Promise<unknown[]> => {
    const before = waiting;
    waiting = [];
    return (await send([...before, ...statements])).slice(before.length);
  };
  return {
    mayTakeLong,
    get isActive() {
      return isActive;
    },
    async query(sql, values = []) {
      return (await sendWith([{ sql, values }]))[0];
    },
    queryTogether: sendWith,
    add(write) {
      waiting.push(write);
    },
    async commit() {
      if (!isActive && waiting.length === 1) return;
      if (waiting.length > 0) await sendWith([]);
      await send([{ sql: 'COMMIT' }]);
      isActive = false;
    },
    async rollBack() {
      await send([{ sql: 'ROLLBACK' }]);
      isActive = false;
    },
  };
}

function log({ logger }: DataSource, statements: readonly Write[]): void {
  for (const { sql, values = [] } of statements) logger.logQuery(sql, [...values]);
}
