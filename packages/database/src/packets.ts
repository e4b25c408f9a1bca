import type { PoolConnection } from 'mysql2';
import { QueryFailedError } from 'typeorm';
import { MAX_STATEMENT_BYTES, type Statement } from './statements.ts';

/*
 * Statements that travel together: one packet, one round trip, one answer. This is the only place that joins statements.
 *
 * What keeps text from outside from becoming a statement: each statement is a text of this package's own with `?` for its
 * values, and mysql2 puts the escaped values in, statement by statement, before any two are joined. Whatever a value holds
 * stays inside its quotes. A text that has a `;` of its own is refused. Only a process that opened its database with
 * `sendsTogether` may send a packet of several at all: the server refuses it to all others.
 *
 * The server does one after the other and stops at the first that fails: what is behind it in the packet is never done,
 * neither outside of a transaction that a deadlock has ended. The answer does not say which one it was.
 */

/** As the driver knows it; a pool's connection. */
export type Connection = Pick<PoolConnection, 'query' | 'format'>;

/** Statements that go to the server as one. */
export interface Packet<S extends Statement> {
  sql: string;
  statements: S[];
}

/**
 * Puts values into statements and joins them, in order, as many as one packet may hold.
 * @throws Error where a statement's text has a `;`
 */
export function* composePackets<S extends Statement>(
  connection: Connection,
  statements: readonly S[],
  maxBytes = MAX_STATEMENT_BYTES,
): Generator<Packet<S>> {
  let texts: string[] = [];
  let joined: S[] = [];
  let bytes = 0;
  for (const statement of statements) {
    const text = formatStatement(connection, statement);
    const more = Buffer.byteLength(text) + 1;
    if (joined.length > 0 && bytes + more > maxBytes) {
      yield { sql: texts.join(';'), statements: joined };
      [texts, joined, bytes] = [[], [], 0];
    }
    texts.push(text);
    joined.push(statement);
    bytes += more;
  }
  if (joined.length > 0) yield { sql: texts.join(';'), statements: joined };
}

/** Each statement in a packet of its own, for a server that was not told to take several. */
export function* separateStatements<S extends Statement>(
  connection: Connection,
  statements: readonly S[],
): Generator<Packet<S>> {
  for (const statement of statements) {
    yield { sql: connection.format(statement.sql, [...(statement.values ?? [])]), statements: [statement] };
  }
}

function formatStatement(connection: Connection, { sql, values = [] }: Statement): string {
  if (sql.includes(';')) throw new Error(`expected one statement, found a ";" in: ${sql}`);
  return connection.format(sql, [...values]);
}

/**
 * Sends one packet.
 * @returns what each of its statements came to, as TypeORM gives it: rows, or the driver's header
 * @throws QueryFailedError with the texts of the statements, without their values
 */
export function sendPacket<S extends Statement>(
  connection: Connection,
  { sql, statements }: Packet<S>,
): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    // Values of null: what is in the text already is not looked at for placeholders once more.
    connection.query({ sql, values: null }, (error, result: unknown) => {
      if (error !== null) reject(describeFailure(error, statements));
      else resolve(statements.length === 1 ? [result] : (result as unknown[]));
    });
  });
}

/** What is told of a failure has no values in it: they may be parameters of scripts. */
function describeFailure(error: Error, statements: readonly Statement[]): QueryFailedError {
  const sql = statements.map((statement) => statement.sql).join(';\n');
  return new QueryFailedError(sql, [], Object.assign(error, { sql }));
}
