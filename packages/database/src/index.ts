export * from './data-source.ts';
export * from './database-errors.ts';
export * from './migrate.ts';
export * from './with-transaction.ts';
export * from './statements.ts';
