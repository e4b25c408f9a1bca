import { expect, jest, test } from '@jest/globals';
import { createKeeper } from './keeper.ts';
import type { ManagedProcess } from './managed-process.ts';

const EXIT = { code: 1, signal: null };

function makeProcess(start: () => Promise<void>): ManagedProcess {
  const nothing = async (): Promise<void> => undefined;
  return {
    name: 'worker-1',
    pid: 1,
    logPath: 'worker-1.log',
    exited: Promise.resolve(EXIT),
    isWanted: true,
    start,
    kill: () => undefined,
    restart: nothing,
    stop: nothing,
  };
}

test('a process that never comes up again is tried ten times, ever more slowly, and then given up', async () => {
  jest.useFakeTimers();
  const reports: string[] = [];
  const start = jest.fn(async () => {
    throw new Error('no luck');
  });
  const keeper = createKeeper({ report: (line) => reports.push(line), onRestarted: () => undefined });
  keeper.handleExit(makeProcess(start), EXIT);
  await jest.advanceTimersByTimeAsync(200_000);
  expect(start).toHaveBeenCalledTimes(10);
  expect(reports[0]).toMatch(/worker-1 ended by itself with status 1; it is started again in 250 ms/);
  expect(reports[5]).toMatch(/could not be started again \(no luck\); it is started again in 8000 ms/);
  expect(reports.at(-1)).toMatch(/is given up after 10 times in a row/);
  jest.useRealTimers();
});

test('nothing is started again once the keeper is closed', async () => {
  jest.useFakeTimers();
  const start = jest.fn(async () => undefined);
  const onRestarted = jest.fn();
  const keeper = createKeeper({ report: () => undefined, onRestarted });
  keeper.handleExit(makeProcess(start), EXIT);
  await jest.advanceTimersByTimeAsync(250);
  expect(onRestarted).toHaveBeenCalledTimes(1);
  keeper.handleExit(makeProcess(start), EXIT);
  keeper.close();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(start).toHaveBeenCalledTimes(1);
  jest.useRealTimers();
});
