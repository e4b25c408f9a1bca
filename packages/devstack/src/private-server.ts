import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DevstackError } from './errors.ts';
import { findFreePort } from './free-port.ts';
import { createManagedProcess, type ManagedProcess, type ProcessExit } from './managed-process.ts';

const PORT_ATTEMPTS = 5;
const READY_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 30_000;

export interface PrivateServer {
  url: string;
  /** Such as "MariaDB 10.11.19, private, port 41234". */
  description: string;
  process: ManagedProcess;
}

export interface PrivateServerOptions {
  /** Name of its log file and its pid file. */
  name: string;
  /** The stack's directory. */
  directory: string;
  /** Such as "MariaDB 10.11.19". */
  title: string;
  environment: Record<string, string>;
  makeCommand: (port: number) => string[];
  makeUrl: (port: number) => string;
  probe: (url: string) => Promise<unknown>;
  onUnexpectedExit?: (server: ManagedProcess, exit: ProcessExit) => void;
}

/**
 * Starts a server on a free port of 127.0.0.1 and waits until it answers to its password. A port that somebody else took meanwhile is
 * given up for another one.
 * @throws DevstackError with the end of the server's log
 */
export async function startPrivateServer(options: PrivateServerOptions): Promise<PrivateServer> {
  mkdirSync(path.join(options.directory, 'logs'), { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const url = options.makeUrl(port);
    const managed = createServerProcess(options, { port, url });
    try {
      await managed.start();
      return { url, description: `${options.title}, private, port ${port}`, process: managed };
    } catch (error) {
      await managed.stop();
      if (attempt === PORT_ATTEMPTS || !isPortTaken(error)) throw error;
    }
  }
}

function createServerProcess(options: PrivateServerOptions, at: { port: number; url: string }): ManagedProcess {
  const managed = createManagedProcess({
    name: options.name,
    command: options.makeCommand(at.port),
    environment: options.environment,
    workingDirectory: options.directory,
    logPath: path.join(options.directory, 'logs', `${options.name}.log`),
    pidPath: path.join(options.directory, 'pids', `${options.name}.pid`),
    readyTimeoutMs: READY_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    async isReady() {
      try {
        await options.probe(at.url);
        return true;
      } catch {
        return false; // not yet; when it never comes, the end of its log tells why
      }
    },
    onUnexpectedExit: (exit) => options.onUnexpectedExit?.(managed, exit),
  });
  return managed;
}

function isPortTaken(error: unknown): boolean {
  return error instanceof DevstackError && /address (is )?already in use|bind on tcp\/ip port/i.test(error.message);
}
