// Starts a program that is tied to this process, prints its pid, and stays until it is killed: a parent for tests to kill.

import { startTiedProcess } from '../tied-process.ts';

const [, , endedBy, directory = ''] = process.argv;
const child = startTiedProcess({
  command: ['sleep', '600'],
  environment: { PATH: '/usr/bin:/bin' },
  workingDirectory: directory,
  logPath: `${directory}/sleep.log`,
  endedBy: endedBy === 'kernel' ? 'kernel' : 'watcher',
});
console.log(child.pid);
setInterval(() => undefined, 60_000);
