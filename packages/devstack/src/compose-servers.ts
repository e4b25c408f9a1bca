// MySQL and Redis in containers: the services `mysql` and `redis` of docker-compose.yml at the root of the repository, and no others.
//
// Ports and passwords are handed over in an env file of mode 0600. It is kept: a volume remembers the password it was created with.
// Containers do not end with a process that is killed; the next stack in the same directory finds them running and uses them.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { DevstackConfig } from './config.ts';
import { DevstackError } from './errors.ts';
import { findProgram } from './find-programs.ts';
import type { FoundServer } from './found-server.ts';
import { findFreePort } from './free-port.ts';
import { makeRandomSecret, writePrivateFile } from './private-file.ts';
import { probeGivenMysql, probeGivenRedis } from './probe-servers.ts';
import { findRepositoryDirectory } from './repository.ts';
import { runCommand, runCommandOrThrow } from './run-command.ts';

const ENGINE_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 600_000; // the first start pulls images
const STOP_TIMEOUT_MS = 60_000;

export interface ComposeOptions {
  directory: string;
  config: DevstackConfig;
  purpose: 'stack' | 'tests';
  withMysql: boolean;
  withRedis: boolean;
  report: (line: string) => void;
}

/** Whether a Docker engine answers and has the compose plugin. */
export async function hasComposeEngine(config: DevstackConfig): Promise<boolean> {
  const docker = findProgram('docker', config.searchFolders);
  if (docker === null) return false;
  for (const words of [['info'], ['compose', 'version']]) {
    const { exitCode } = await runCommand([docker, ...words], { timeoutMs: ENGINE_TIMEOUT_MS });
    if (exitCode !== 0) return false;
  }
  return true;
}

/**
 * Starts the containers that are wanted and waits until they are healthy.
 * @returns for each server what starts its use; the containers are stopped, with their data kept, by stop()
 * @throws DevstackError with Docker's output
 */
export async function startComposeServers(
  options: ComposeOptions,
): Promise<{ mysql: () => Promise<FoundServer>; redis: () => Promise<FoundServer> }> {
  const services = [...(options.withMysql ? ['mysql'] : []), ...(options.withRedis ? ['redis'] : [])];
  const settings = await readSettings(options.directory);
  const compose = makeComposeCommand(options, settings.filePath);
  options.report(`Starting ${services.join(' and ')} with Docker (the first time pulls the images) ...`);
  await runCommandOrThrow([...compose, 'up', '-d', '--wait', ...services], { timeoutMs: START_TIMEOUT_MS });
  // Tests leave nothing behind; a stack finds its data again.
  const use = async (server: UsedContainer): Promise<FoundServer> => {
    const words = options.purpose === 'tests' ? ['down', '--volumes'] : ['stop', server.service];
    const stop = async (): Promise<void> => {
      await runCommandOrThrow([...compose, ...words], { timeoutMs: STOP_TIMEOUT_MS });
    };
    try {
      const title = await server.probe(server.url, `the container "${server.service}"`);
      return { url: server.url, description: `${title}, container, port ${new URL(server.url).port}`, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  };
  const mysqlUrl = `mysql://baton:${settings.mysqlPassword}@127.0.0.1:${settings.mysqlPort}/baton`;
  const redisUrl = `redis://:${settings.redisPassword}@127.0.0.1:${settings.redisPort}/0`;
  return {
    mysql: () => use({ service: 'mysql', url: mysqlUrl, probe: probeGivenMysql }),
    redis: () => use({ service: 'redis', url: redisUrl, probe: probeGivenRedis }),
  };
}

interface UsedContainer {
  service: string;
  url: string;
  probe: (url: string, name: string) => Promise<string>;
}

function makeComposeCommand({ directory, config }: ComposeOptions, envPath: string): string[] {
  const repository = findRepositoryDirectory();
  const file = path.join(repository, 'docker-compose.yml');
  if (!existsSync(file)) throw new DevstackError(`${file} is missing: it describes the containers to start.`);
  // Two clones on one machine must not share containers.
  const project = `baton-${createHash('sha256').update(directory).digest('hex').slice(0, 8)}`;
  const docker = findProgram('docker', config.searchFolders) ?? 'docker';
  return [docker, 'compose', '--project-name', project, '--file', file, '--env-file', envPath];
}

async function readSettings(directory: string): Promise<{
  filePath: string;
  mysqlPassword: string;
  redisPassword: string;
  mysqlPort: string;
  redisPort: string;
}> {
  const filePath = path.join(directory, 'compose.env');
  const text = existsSync(filePath) ? readFileSync(filePath, 'utf8') : '';
  const values = new Map(text.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.replace(/^[^=]*=/, '')]));
  const settings = {
    mysqlPassword: values.get('BATON_MYSQL_PASSWORD') || makeRandomSecret(),
    redisPassword: values.get('BATON_REDIS_PASSWORD') || makeRandomSecret(),
    mysqlPort: values.get('BATON_MYSQL_PORT') || String(await findFreePort()),
    redisPort: values.get('BATON_REDIS_PORT') || String(await findFreePort()),
  };
  const lines = [
    `BATON_MYSQL_PASSWORD=${settings.mysqlPassword}`,
    `BATON_REDIS_PASSWORD=${settings.redisPassword}`,
    `BATON_MYSQL_PORT=${settings.mysqlPort}`,
    `BATON_REDIS_PORT=${settings.redisPort}`,
  ];
  writePrivateFile(filePath, `${lines.join('\n')}\n`);
  return { filePath, ...settings };
}
