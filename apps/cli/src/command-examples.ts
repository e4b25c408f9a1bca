import type { Command } from 'commander';
import { BATON } from './baton-word.ts';

/** By the words of a command, what may follow them; shown under its `--help`. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  up: ['up --workers 4', 'up --port 3000 --label default --label gpu,default'],
  start: ['start', 'start --exit my-graph.yaml -p version=1.4.0'],
  'graph apply': ['graph apply release.yaml nightly.json'],
  'graph check': ['graph check release', 'graph check --all'],
  'graph list': ['graph list --name rel'],
  'graph show': ['graph show release', 'graph show release@2 --yaml'],
  'graph export': ['graph export release@2 --format json'],
  'graph diff': ['graph diff release', 'graph diff release 1 3'],
  run: [
    'run release.yaml -p version=1.4.0 --follow',
    'run release@2 --mode manual --follow',
    'run release --on-failure hold --deadline 3600 --idempotency-key build-812',
  ],
  ps: ['ps --state RUNNING --state PAUSED', 'ps --graph release --all', 'ps --parent 12/test'],
  show: ['show 12', 'show 12/deploy', 'show 12 --state FAILED --json'],
  logs: ['logs 12/deploy --follow', 'logs 12/deploy --attempt 1'],
  outputs: ['outputs 12/build', 'outputs 12/build --key version'],
  workers: ['workers --all'],
  doctor: ['doctor', 'doctor --json'],
  import: ['import workflow.json --time-scale 0.001 --run'],
  pause: ['pause 12 --reason "the database is being moved"'],
  resume: ['resume 12'],
  mode: ['mode 12 manual', 'mode 12 auto'],
  cancel: ['cancel 12', 'cancel 12/deploy --reason "the wrong version"'],
  retry: [
    'retry 12 --preview',
    'retry 12 --version latest',
    'retry 12 --from build,lint -p version=1.4.1',
    'retry 12/deploy --descendants',
  ],
  next: ['next 12/A', 'next 12/A B C', 'next 12/A --all'],
  approve: ['approve 12/deploy -p window=tonight --comment "seen and tried"'],
  reject: ['reject 12/deploy --comment "not on a Friday"'],
  params: ['params 12/deploy -p ip=10.0.0.1 -p port=8080'],
  skip: ['skip 12/lint --reason "not needed this time"'],
  succeed: ['succeed 12/migrate --reason "done by hand"'],
  'give-up': ['give-up 12/deploy'],
  inbox: ['inbox --mine', 'inbox --kind approval --kind choice'],
  history: ['history 12', 'history 12 --follow'],
  'pool list': ['pool list'],
  'pool set': ['pool set warehouse 3'],
  'pool remove': ['pool remove warehouse'],
  'schedule add': [
    `schedule add nightly backup --cron '30 2 * * *' --time-zone Europe/Berlin -p host=db1`,
    'schedule add sync mirror --cron @hourly --overlap skip',
  ],
  'schedule change': [
    `schedule change nightly --cron '0 4 * * *'`,
    'schedule change nightly --overlap replace -p host=db2',
  ],
  'schedule list': ['schedule list'],
  'schedule show': ['schedule show nightly'],
  'schedule pause': ['schedule pause nightly'],
  'schedule resume': ['schedule resume nightly'],
  'schedule remove': ['schedule remove nightly'],
  'schedule backfill': ['schedule backfill nightly --from 2026-05-01 --to 2026-05-08 --at-once 2'],
  why: ['why 12', 'why 12/deploy'],
  simulate: [
    'simulate release.yaml --fail deploy --take build=90',
    'simulate release --mode manual --choose A=B,C',
    'simulate release --reject deploy --on-failure continue --slots 2',
  ],
  'tokens list': ['tokens list'],
  'tokens create': ['tokens create alice --scope operate --role release --days 90'],
  'tokens revoke': ['tokens revoke 21e889b791940337'],
};

/** Ends the help of every command of a program with its examples. */
export function addExamples(command: Command, path: readonly string[] = []): void {
  for (const child of command.commands) {
    const words = [...path, child.name()];
    const examples = EXAMPLES[words.join(' ')];
    if (examples !== undefined) child.addHelpText('after', `\nExamples:\n${examples.map(indent).join('\n')}`);
    addExamples(child, words);
  }
}

function indent(line: string): string {
  return `  ${BATON} ${line}`;
}
