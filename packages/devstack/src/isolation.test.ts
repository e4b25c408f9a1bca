import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findIsolationVariables } from './isolation.ts';

/** What a stack tells its workers on a host whose `unshare` is the given script. */
async function findWith(script: string): Promise<{ variables: Record<string, string>; lines: string[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'baton-unshare-'));
  const unshare = join(directory, 'unshare');
  const lines: string[] = [];
  await writeFile(unshare, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  const variables = findIsolationVariables((line) => lines.push(line), unshare);
  await rm(directory, { recursive: true });
  return { variables, lines };
}

test('workers take the best that the host permits by themselves', async () => {
  expect(await findWith('exit 0')).toEqual({ variables: {}, lines: [] });
  expect(await findWith('case " $* " in *" --user "*) exit 0;; esac; exit 1')).toEqual({ variables: {}, lines: [] });
});

test.each([
  ['no namespaces', 'exit 1'],
  ['namespaces, as many containers do, but not their own /proc', 'case " $* " in *" --mount-proc "*) exit 1;; esac'],
])('they may run without on a host that permits %s, and the user is told', async (_what, unshare) => {
  const { variables, lines } = await findWith(unshare);
  expect(variables).toEqual({ BATON_ISOLATION: 'process-group' });
  expect(lines).toEqual([expect.stringMatching(/permits no namespaces/)]);
});
