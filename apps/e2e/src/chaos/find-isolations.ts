import { execa } from 'execa';

/** The levels of isolation that docs/configuration.md names. */
const LEVELS = {
  'pid-namespace': [],
  'user-namespace': ['--user', '--map-current-user'],
  'process-group': null,
} as const;
export type Isolation = keyof typeof LEVELS;

/** @returns those that a worker can have on this host */
export async function findIsolations(): Promise<Isolation[]> {
  const found: Isolation[] = [];
  for (const [level, rights] of Object.entries(LEVELS) as [Isolation, readonly string[] | null][]) {
    if (rights === null || (await mayUnshare(rights))) found.push(level);
  }
  return found;
}

async function mayUnshare(rights: readonly string[]): Promise<boolean> {
  const { exitCode } = await execa('unshare', ['--pid', '--fork', '--mount-proc', ...rights, 'true'], {
    reject: false,
  });
  return exitCode === 0;
}
