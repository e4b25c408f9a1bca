export { DevstackError } from './errors.ts';
export { findIsolations, type Isolation } from './isolation.ts';
export type { ManagedProcess, ProcessExit } from './managed-process.ts';
export { readStackFile, type StackFile } from './stack-file.ts';
export type { ProcessKind, StackProcess } from './stack-process.ts';
export { startServers, type Servers, type StartServersOptions } from './start-servers.ts';
export { startStack, type Stack, type StackOptions } from './start-stack.ts';
