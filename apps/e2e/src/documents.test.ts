import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readSources, ROOT } from './read-sources.ts';

/** What the documents say and what the programs are must be the same. */

test('docs/configuration.md lists exactly the settings that the programs read', () => {
  const read = readSources()
    .filter(({ path }) => path.endsWith('/config.ts'))
    .flatMap(({ text }) => text.match(/\bBATON_[A-Z0-9]+(?:_[A-Z0-9]+)*\b/g) ?? []);
  const text = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
  const listed = text
    .split('\n')
    .filter((line) => line.startsWith('| `BATON_'))
    .flatMap((line) => (line.split('|')[1] ?? '').match(/BATON_[A-Z0-9_]+/g) ?? []);
  expect(listed.toSorted()).toEqual([...new Set(read)].toSorted());
});

test('every relative link of a document leads somewhere', () => {
  const own = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path));
  const documents = ['README.md', 'CONTRIBUTING.md', ...own];
  const broken = documents.flatMap((path) => {
    const links = [...readFileSync(join(ROOT, path), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)];
    return links
      .map((match) => match[1] ?? '')
      .filter((link) => !existsSync(join(ROOT, path, '..', link)))
      .map((link) => `${path}: ${link}`);
  });
  expect(broken).toEqual([]);
});
