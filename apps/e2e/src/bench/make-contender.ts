import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Contender } from './contender.ts';
import type { Workload } from './workloads.ts';

/**
 * GNU make: one process, nothing kept, every task a shell of its own.
 * @param jobs at once
 * @returns null where it is not installed
 */
export async function findMake(directory: string, jobs: number): Promise<Contender | null> {
  const { stdout, failed } = await execa('make', ['--version'], { reject: false });
  if (failed) return null;
  await mkdir(directory, { recursive: true });
  return {
    name: `make -j${jobs}`,
    description: stdout?.split('\n')[0] ?? 'make',
    canRun: () => true,
    async run(workload) {
      const file = join(directory, `${workload.id}.mk`);
      await writeFile(file, writeMakefile(workload));
      const beganAt = performance.now();
      await execa('make', ['-s', `-j${jobs}`, '-f', file], { cwd: directory });
      return { ms: performance.now() - beganAt };
    },
    stop: () => Promise.resolve(),
  };
}

export function writeMakefile({ graph, copies }: Workload): string {
  // The first target is what is made.
  const lines = ['goal: all'];
  const all: string[] = [];
  for (let copy = 1; copy <= copies; copy += 1) {
    const before = new Map<string, string[]>(graph.vertices.map(({ name }) => [name, []]));
    for (const [tail, head] of graph.edges) before.get(head)?.push(`${tail}-${copy}`);
    for (const { name, script } of graph.vertices) {
      const target = `${name}-${copy}`;
      all.push(target);
      lines.push(`${target}: ${(before.get(name) ?? []).join(' ')}`, `\tsh -c '${script}'`);
    }
  }
  return [...lines, `.PHONY: goal all ${all.join(' ')}`, `all: ${all.join(' ')}`, ''].join('\n');
}
