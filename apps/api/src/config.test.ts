import { expect, test } from '@jest/globals';
import { loadConfig } from './config.ts';

const ENOUGH = { BATON_MYSQL_URL: 'mysql://u:p@db/baton', BATON_REDIS_URL: 'redis://cache/0' };

test('two URLs are enough; everything else has a default', () => {
  expect(loadConfig(ENOUGH)).toMatchObject({
    BATON_HOST: '127.0.0.1',
    BATON_PORT: 3000,
    BATON_AUTH: 'on',
    BATON_ALLOWED_HOSTS: [],
    BATON_LEASE_MS: 15_000,
  });
});

test('every problem is named at once', () => {
  const wrong = {
    BATON_MYSQL_URL: 'postgres://db',
    BATON_PORT: 'x',
    BATON_ADMIN_TOKEN: 'short',
    BATON_HOST: '0.0.0.0',
  };
  const message = messageOf({ ...wrong, BATON_AUTH: 'off', BATON_LEASE_MS: '3000', BATON_HEARTBEAT_MS: '1000' });
  const names = ['MYSQL_URL', 'REDIS_URL', 'PORT', 'ADMIN_TOKEN', 'AUTH', 'LEASE_MS'];
  for (const name of names) expect(message).toContain(`BATON_${name}:`);
  expect(message).not.toContain('short');
});

test.each(['127.0.0.1', '127.9.9.9', 'localhost', '::1'])('authentication may be off on %s', (host) => {
  expect(loadConfig({ ...ENOUGH, BATON_AUTH: 'off', BATON_HOST: host }).BATON_AUTH).toBe('off');
});

test.each(['0.0.0.0', '::', '10.0.0.1', 'baton.example', '127.0.0.1.evil.example'])(
  'authentication may not be off on %s',
  (host) => {
    expect(messageOf({ ...ENOUGH, BATON_AUTH: 'off', BATON_HOST: host })).toContain('BATON_AUTH: expected on');
  },
);

test('hosts are a list; both tokens must differ', () => {
  expect(loadConfig({ ...ENOUGH, BATON_ALLOWED_HOSTS: ' API, baton.example ,' }).BATON_ALLOWED_HOSTS).toEqual([
    'api',
    'baton.example',
  ]);
  const token = 'x'.repeat(32);
  const same = messageOf({ ...ENOUGH, BATON_ADMIN_TOKEN: token, BATON_WORKER_TOKEN: token });
  expect(same).toContain('BATON_WORKER_TOKEN: expected another token');
});

function messageOf(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('expected the settings to be refused');
}
