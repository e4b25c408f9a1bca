export { DevstackError } from './errors.ts';
export type { ManagedProcess, ProcessExit } from './managed-process.ts';
export { startServers, type Servers, type StartServersOptions } from './start-servers.ts';
