import { readFileSync } from 'node:fs';
import type { z } from 'zod';

/** The configuration of a process is wrong: every problem at once, by the variable's name. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads a process's settings from its environment. A variable `X` may be given as `X_FILE`, a path to a file with the value.
 * @param schema keys are variable names
 * @param environment the process's own, as a rule
 * @throws ConfigError naming every variable that is missing or wrong, what was expected and what was found
 */
export function readConfig<T>(schema: z.ZodType<T>, environment: Record<string, string | undefined>): T {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '') continue;
    if (!name.startsWith('BATON_') || !name.endsWith('_FILE')) {
      values[name] ??= value;
      continue;
    }
    try {
      values[name.slice(0, -'_FILE'.length)] = readFileSync(value, 'utf8').trimEnd();
    } catch (error) {
      problems.push(`${name}: the file ${value} cannot be read (${(error as Error).message})`);
    }
  }
  const parsed = schema.safeParse(values);
  if (!parsed.success) {
    problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.') || 'settings'}: ${issue.message}`));
  }
  if (problems.length > 0 || !parsed.success)
    throw new ConfigError(`The settings are wrong:\n  ${problems.join('\n  ')}`);
  return parsed.data;
}

/** For the first line of a process: wrong settings are for the person who made them, not a crash with a stack. Exit status 78. */
export function configOrExit<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(CONFIG_EXIT_STATUS);
  }
}

/** EX_CONFIG of sysexits.h: supervisors may take it as "do not start again". */
const CONFIG_EXIT_STATUS = 78;
