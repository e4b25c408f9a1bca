import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSpool, type OpenSpool, type SpooledCompletion } from './spool.ts';
import { makeCompletion, makeDirectory, waitFor } from './testing.ts';

let directory: Awaited<ReturnType<typeof makeDirectory>>;
beforeEach(async () => {
  directory = await makeDirectory();
});
afterEach(() => directory.remove());

const open = (path = directory.path): Promise<OpenSpool> => openSpool(path);

function makeSpooled(values: Record<string, string> = {}): SpooledCompletion {
  return { completion: makeCompletion(), key: 'k', values };
}

const logPath = (): string => join(directory.path, 'log');

/** What counts of the log. */
async function readWritten(): Promise<string> {
  return (await readFile(logPath(), 'utf8')).split('\0')[0] ?? '';
}

describe('the spool', () => {
  test('gives back what was kept, in a later life and in the one after, and forgets what was forgotten', async () => {
    const spool = await open();
    const [first, second] = [makeSpooled({ a: '中\n' }), makeSpooled()];
    await spool.keep(first);
    await spool.keep(second);
    await spool.forget(second.completion.runId);
    await spool.forget(second.completion.runId);
    await spool.stop();
    expect((await open()).found).toEqual([first]);
    expect((await open()).found).toEqual([first]);
  });

  test('what is forgotten goes along with what is kept next, or is written after a while', async () => {
    const spool = await open();
    const [first, second, third] = [makeSpooled(), makeSpooled(), makeSpooled()];
    await spool.keep(first);
    await spool.keep(second);
    const before = await readWritten();
    await spool.forget(first.completion.runId);
    expect(await readWritten()).toBe(before);
    await spool.keep(third);
    const line = `${JSON.stringify({ forget: first.completion.runId })}\n`;
    expect(await readWritten()).toBe(`${before}${line}${JSON.stringify({ keep: third })}\n`);
    await spool.forget(second.completion.runId);
    const isForgotten = async (): Promise<boolean> => (await readWritten()).endsWith(`"${second.completion.runId}"}\n`);
    await waitFor(isForgotten, 'the log says that it is forgotten');
    expect((await open()).found).toEqual([third]);
  });

  test('what comes while it writes is all kept', async () => {
    const spool = await open();
    const all = Array.from({ length: 50 }, () => makeSpooled());
    await Promise.all(all.map((one) => spool.keep(one)));
    expect((await open()).found).toEqual(all);
  });

  test('keeps keys from other users', async () => {
    const path = join(directory.path, 'spool');
    await (await open(path)).keep(makeSpooled());
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, 'log'))).mode & 0o777).toBe(0o600);
  });

  test('the log keeps its size while it is written, and a full one is taken the place of by what is kept still', async () => {
    const spool = await open();
    const { size } = await stat(logPath());
    const large = { text: 'x'.repeat(90_000) };
    const [gone, stays] = [makeSpooled(large), makeSpooled(large)];
    await spool.keep(gone);
    await spool.keep(stays);
    expect((await stat(logPath())).size).toBe(size);
    await spool.forget(gone.completion.runId);
    const [third, fourth] = [makeSpooled(large), makeSpooled(large)];
    await Promise.all([spool.keep(third), spool.keep(fourth)]);
    expect(await readWritten()).not.toContain(gone.completion.runId);
    expect((await open()).found).toEqual([stays, third, fourth]);
    expect(await readdir(directory.path)).toEqual(['log']);
  });

  test('what is larger than a whole log is kept', async () => {
    const large = makeSpooled({ text: 'x'.repeat(3_000_000) });
    await (await open()).keep(large);
    expect((await open()).found).toEqual([large]);
  });

  test.each([
    ['in the middle of a line', (text: string) => text.slice(0, -20)],
    ['before the end of a line', (text: string) => text.slice(0, -1)],
  ])('a worker that died %s had kept what was before it', async (_title, cut) => {
    const spool = await open();
    const [whole, half] = [makeSpooled(), makeSpooled()];
    await spool.keep(whole);
    await spool.keep(half);
    await writeFile(logPath(), cut(await readWritten()));
    const { found, unreadable } = await open();
    expect({ found, unreadable }).toEqual({ found: [whole], unreadable: [] });
  });

  test.each([
    ['is no JSON', '{"keep":{"completion"'],
    ['is of another form', '{"keep":{"completion":{"trackId":1},"key":"k"}}'],
    ['has no key', JSON.stringify({ keep: { completion: makeCompletion(), key: '' } })],
  ])('a line that %s is put aside, once, and the others are found', async (_title, line) => {
    const spool = await open();
    const [before, after] = [makeSpooled(), makeSpooled()];
    await spool.keep(before);
    const text = await readWritten();
    await writeFile(logPath(), `${text}${line}\n${JSON.stringify({ keep: after })}\n`);
    const { found, unreadable } = await open();
    expect({ found, unreadable }).toEqual({
      found: [before, after],
      unreadable: [expect.stringMatching(/^log-\d+\.unreadable$/)],
    });
    expect(await readFile(join(directory.path, unreadable[0] ?? ''), 'utf8')).toBe(`${line}\n`);
    expect((await open()).unreadable).toEqual([]);
  });

  test('files of an older version are found, and those that cannot be read are put aside', async () => {
    const old = makeSpooled();
    await writeFile(join(directory.path, `${old.completion.runId}.json`), JSON.stringify(old));
    await writeFile(join(directory.path, 'broken.json'), '{');
    await mkdir(join(directory.path, 'odd.json'));
    await writeFile(join(directory.path, 'half.json.new'), '{"comp');
    const { found, unreadable } = await open();
    expect({ found, unreadable }).toEqual({
      found: [old],
      unreadable: ['broken.json.unreadable', 'odd.json.unreadable'],
    });
    expect(await readFile(join(directory.path, 'broken.json.unreadable'), 'utf8')).toBe('{');
    expect(await readdir(directory.path)).toEqual(['broken.json.unreadable', 'log', 'odd.json.unreadable']);
    expect((await open()).found).toEqual([old]);
  });

  test('a log that somebody removed is missed, and made anew with all that is kept', async () => {
    const spool = await open();
    const [before, refused, after] = [makeSpooled(), makeSpooled(), makeSpooled()];
    await spool.keep(before);
    await rm(logPath());
    await expect(spool.keep(refused)).rejects.toThrow('ENOENT');
    await spool.keep(after);
    expect((await open()).found).toEqual([before, after]);
  });

  test('without room for a log nothing is lost, what cannot be kept is told, and with room it goes on', async () => {
    const old = makeSpooled();
    await writeFile(join(directory.path, `${old.completion.runId}.json`), JSON.stringify(old));
    await mkdir(join(directory.path, 'log.new', 'in the way'), { recursive: true });
    const spool = await open();
    expect(spool.found).toEqual([old]);
    const [refused, kept] = [makeSpooled(), makeSpooled()];
    await expect(spool.keep(refused)).rejects.toThrow('EISDIR');
    await rm(join(directory.path, 'log.new'), { recursive: true });
    await spool.keep(kept);
    expect((await open()).found).toEqual([old, kept]);
  });
});
