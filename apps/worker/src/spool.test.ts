import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSpool } from './spool.ts';
import { makeCompletion, makeDirectory } from './testing.ts';

let directory: Awaited<ReturnType<typeof makeDirectory>>;
beforeEach(async () => {
  directory = await makeDirectory();
});
afterEach(() => directory.remove());

describe('the spool', () => {
  test('gives back what was kept, in a later life, and forgets what was forgotten', async () => {
    const spool = await openSpool(directory.path);
    const [first, second] = [makeCompletion({ next: ['B'] }), makeCompletion()];
    await spool.keep({ completion: first, key: 'k1', values: { a: '中\n' } });
    await spool.keep({ completion: second, key: 'k2', values: {} });
    await spool.forget(second.runId);
    await spool.forget(second.runId);
    const loaded = await (await openSpool(directory.path)).load();
    expect(loaded).toEqual({ kept: [{ completion: first, key: 'k1', values: { a: '中\n' } }], unreadable: [] });
  });

  test('keeps keys from other users', async () => {
    const path = join(directory.path, 'spool');
    const spool = await openSpool(path);
    const completion = makeCompletion();
    await spool.keep({ completion, key: 'k', values: {} });
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, `${completion.runId}.json`))).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['cut off', '{"completion":{"trackId":1'],
    ['empty', ''],
    ['of another form', '{"completion":{"trackId":1},"key":"k"}'],
    ['without a key', JSON.stringify({ completion: makeCompletion(), key: '' })],
  ])('a file that is %s is put aside, once, and its content stays', async (_title, text) => {
    const spool = await openSpool(directory.path);
    const good = makeCompletion();
    await spool.keep({ completion: good, key: 'k', values: {} });
    await writeFile(join(directory.path, 'broken.json'), text);
    expect(await spool.load()).toEqual({
      kept: [{ completion: good, key: 'k', values: {} }],
      unreadable: ['broken.json'],
    });
    expect(await readFile(join(directory.path, 'broken.json.unreadable'), 'utf8')).toBe(text);
    expect(await spool.load()).toMatchObject({ unreadable: [] });
  });

  test('what cannot even be read as a file does not keep the others from being loaded', async () => {
    const spool = await openSpool(directory.path);
    await mkdir(join(directory.path, 'odd.json'));
    const good = makeCompletion();
    await spool.keep({ completion: good, key: 'k', values: {} });
    expect(await spool.load()).toMatchObject({ kept: [{ completion: good }], unreadable: ['odd.json'] });
  });

  test('what cannot be kept is told, and leaves nothing behind', async () => {
    const spool = await openSpool(directory.path);
    const completion = makeCompletion();
    await mkdir(join(directory.path, `${completion.runId}.json`, 'in the way'), { recursive: true });
    await expect(spool.keep({ completion, key: 'k', values: {} })).rejects.toThrow(/EISDIR|ENOTEMPTY/);
    expect(await readdir(directory.path)).toEqual([`${completion.runId}.json`]);
  });

  test('a crash before the rename leaves nothing that is loaded, nor anything for good', async () => {
    const spool = await openSpool(directory.path);
    const whole = JSON.stringify({ completion: makeCompletion(), key: 'k' });
    await writeFile(join(directory.path, 'half.json.new'), whole.slice(0, 20));
    await writeFile(join(directory.path, 'whole.json.new'), whole);
    expect(await spool.load()).toEqual({ kept: [], unreadable: [] });
    expect(await readdir(directory.path)).toEqual([]);
  });
});
