import { EntitySchema } from 'typeorm';

/** Rows as the database holds them; ids are numbers (all stay below 2^53), times are Dates with milliseconds. */
export interface WorkerRow {
  id: string;
  name: string;
  host: string;
  pid: number;
  softwareVersion: string;
  isolationLevel: string;
  labels: string;
  slots: number;
  isDraining: number;
  startedAt: Date;
  seenAt: Date;
}

export const WorkerTable = new EntitySchema<WorkerRow>({
  name: 'worker',
  columns: {
    id: { type: 'varchar', length: 64, primary: true },
    name: { type: 'varchar', length: 190 },
    host: { type: 'varchar', length: 190 },
    pid: { type: 'int' },
    softwareVersion: { name: 'software_version', type: 'varchar', length: 64 },
    isolationLevel: { name: 'isolation_level', type: 'varchar', length: 32 },
    labels: { type: 'longtext' },
    slots: { type: 'int' },
    isDraining: { name: 'is_draining', type: 'tinyint' },
    startedAt: { name: 'started_at', type: 'datetime', precision: 6 },
    seenAt: { name: 'seen_at', type: 'datetime', precision: 6 },
  },
});

export const ENTITIES = [WorkerTable];
