import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMarkScanner } from './mark-scanner.ts';
import { createOutputCap } from './output-cap.ts';
import { makeRequest, openRunner, type TestRunner, waitFor } from './testing/open-runner.ts';

describe('the output of a script', () => {
  let runner: TestRunner;
  beforeAll(async () => {
    runner = await openRunner();
  });
  afterAll(() => runner.close());

  test('a flood without newlines: head, mark with the exact count, tail; memory stays bounded', async () => {
    const chunks: Buffer[] = [];
    const beforeBytes = process.memoryUsage.rss();
    let peakBytes = 0;
    const onOutput = async (chunk: Buffer): Promise<void> => {
      chunks.push(chunk);
      peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    };
    const script = 'printf begin; head -c 1000000000 /dev/zero; printf end; exit 3';
    const result = await runner.run(makeRequest(script, { maxOutputBytes: 100_000, onOutput })).result;
    expect(result).toMatchObject({ exitCode: 3, outputBytes: 1_000_000_008, cutBytes: 999_900_008 });
    const text = Buffer.concat(chunks).toString('latin1');
    expect(text.startsWith('begin\0')).toBe(true);
    expect(text).toContain('\n[baton: 999900008 bytes of output were cut here]\n');
    expect(text.endsWith('\0end')).toBe(true);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
    expect(peakBytes - beforeBytes).toBeLessThan(150_000_000);
  });

  test('200 MB that come all at the end are cut right', async () => {
    const script =
      'awk \'BEGIN { for (i = 0; i < 20; i++) x = x "0123456789"; for (i = 0; i < 1000000; i++) printf "%s", x; exit 5 }\'';
    const result = await runner.runScript(script, { maxOutputBytes: 4_000 });
    expect(result).toMatchObject({ exitCode: 5, outputBytes: 200_000_000, cutBytes: 199_996_000 });
    expect(result.text).toMatch(/^(0123456789){300}\n\[baton: 199996000 .*\]\n(0123456789){100}$/);
  });

  test('a pending receiver blocks the script', async () => {
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    let receivedBytes = 0;
    const progress = join(runner.directory, 'progress');
    const onOutput = async (chunk: Buffer): Promise<void> => {
      await gate;
      receivedBytes += chunk.length;
    };
    const script = `for i in 1 2 3 4 5 6 7 8 9 10; do head -c 1000000 /dev/zero; echo >>${progress}; done`;
    const running = runner.run(makeRequest(script, { maxOutputBytes: 20_000_000, onOutput })).result;
    const countLines = async (): Promise<number> => (await stat(progress).catch(() => ({ size: 0 }))).size;
    await expect(waitFor('the script goes on', async () => (await countLines()) >= 2, 500)).rejects.toThrow('in vain');
    letGo();
    expect(await running).toMatchObject({ exitCode: 0, outputBytes: 10_000_000, cutBytes: 0 });
    expect(receivedBytes).toBe(10_000_000);
  });

  test('bytes stay bytes', async () => {
    const chunks: Buffer[] = [];
    const script = 'i=0; while [ $i -lt 256 ]; do printf "\\\\$(printf %03o $i)"; i=$((i+1)); done';
    await runner.run(makeRequest(script, { onOutput: async (chunk) => void chunks.push(chunk) })).result;
    expect(Buffer.concat(chunks)).toEqual(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
  });

  test('a script that closes stdout', async () => {
    expect(await runner.runScript('echo a; exec >&- 2>&-; sleep 0.05; exit 8')).toMatchObject({
      exitCode: 8,
      text: 'a\n',
    });
  });

  test('what a killed script had printed is kept', async () => {
    const result = await runner.runScript('trap "" TERM; printf partial; sleep 100', { timeoutMs: 100, graceMs: 50 });
    expect(result).toMatchObject({ timedOut: true, text: 'partial' });
  });

  test('output comes as it is printed, the last line without a newline too', async () => {
    const flag = join(runner.directory, 'seen');
    const onOutput = async (chunk: Buffer): Promise<void> => {
      if (chunk.toString() === 'prompt: ') await writeFile(flag, '');
    };
    const script = `printf 'prompt: '; until [ -e ${flag} ]; do sleep 0.01; done`;
    expect(await runner.run(makeRequest(script, { onOutput, timeoutMs: 20_000 })).result).toMatchObject({
      exitCode: 0,
    });
  });

  test('a receiver that fails ends the run, and the result says with what', async () => {
    const onOutput = (): Promise<void> => Promise.reject(new Error('no room'));
    await expect(runner.run(makeRequest('echo a; sleep 100', { onOutput })).result).rejects.toThrow('no room');
    expect((await runner.runScript('echo next')).text).toBe('next\n');
  });
});

describe('createOutputCap', () => {
  test('whatever the chunks: all of what fits, else head, mark and tail', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 0, max: 400 }), async (parts, maxOutputBytes) => {
        const sent: Buffer[] = [];
        const cap = createOutputCap(maxOutputBytes, async (chunk) => void sent.push(Buffer.from(chunk)));
        for (const part of parts) await cap.accept(Buffer.from(part));
        await cap.finish();
        const all = Buffer.concat(parts);
        const tail = Math.floor(maxOutputBytes / 4);
        const cut = Math.max(0, all.length - maxOutputBytes);
        const mark = Buffer.from(`\n[baton: ${cut} bytes of output were cut here]\n`);
        const head = all.subarray(0, maxOutputBytes - tail);
        const expected = cut === 0 ? all : Buffer.concat([head, mark, all.subarray(all.length - tail)]);
        expect(Buffer.concat(sent).equals(expected)).toBe(true);
        expect([cap.outputBytes(), cap.cutBytes()]).toEqual([all.length, cut]);
      }),
      { seed: 1 },
    );
  });
});

describe('createMarkScanner', () => {
  test('finds the mark wherever the chunks end, and gives all before it', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40 });
    fc.assert(
      fc.property(letters, fc.array(fc.nat(60), { maxLength: 8 }), (text, cuts) => {
        const stream = Buffer.from(`${text}abaabc`);
        const scanner = createMarkScanner(Buffer.from('abaabc'));
        const borders = [0, ...cuts.map((cut) => Math.min(cut, stream.length)).sort((a, b) => a - b), stream.length];
        const results = borders.slice(1).map((border, index) => scanner.push(stream.subarray(borders[index], border)));
        const firstFound = results.findIndex(({ found }) => found);
        expect(firstFound).not.toBe(-1);
        expect(Buffer.concat(results.slice(0, firstFound + 1).map(({ data }) => data)).toString()).toBe(text);
      }),
      { seed: 1 },
    );
  });
  test('holds back nothing but a beginning of the mark', () => {
    const scanner = createMarkScanner(Buffer.from('mark'));
    expect(scanner.push(Buffer.from('xxma')).data.toString()).toBe('xx');
    expect(scanner.rest().toString()).toBe('ma');
    expect(scanner.push(Buffer.from('x')).data.toString()).toBe('max');
  });
});
