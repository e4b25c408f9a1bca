import { Graphs1700000000001 } from './0001-graphs.ts';
import { Pipelines1700000000002 } from './0002-pipelines.ts';
import { Installation1700000000003 } from './0003-installation.ts';
import { Control1700000000004 } from './0004-control.ts';
import { Schedules1700000000005 } from './0005-schedules.ts';
import { SchedulePersons1700000000006 } from './0006-schedule-persons.ts';
import { Processes1700000000007 } from './0007-processes.ts';
import { WorkerProblem1700000000008 } from './0008-worker-problem.ts';
import { PipelineCreated1700000000009 } from './0009-pipeline-created.ts';

/** In order; immutable once landed. */
export const MIGRATIONS = [
  Graphs1700000000001,
  Pipelines1700000000002,
  Installation1700000000003,
  Control1700000000004,
  Schedules1700000000005,
  SchedulePersons1700000000006,
  Processes1700000000007,
  WorkerProblem1700000000008,
  PipelineCreated1700000000009,
];
