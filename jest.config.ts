/** @jest-config-loader esbuild-register */
import { availableParallelism } from 'node:os';
import type { Config } from 'jest';

type ProjectConfig = Exclude<NonNullable<Config['projects']>[number], string>;

const project: ProjectConfig = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  globalSetup: '<rootDir>/packages/devstack/src/testing/global-setup.mjs',
  globalTeardown: '<rootDir>/packages/devstack/src/testing/global-teardown.mjs',
};

const config: Config = {
  // The tests of packages/domain have to reach every branch of it by themselves. Counting in all others too would take a third of
  // their time: each loads it.
  projects: [
    { ...project, testMatch: ['<rootDir>/packages/domain/src/**/*.test.ts'] },
    {
      ...project,
      testMatch: ['<rootDir>/packages/!(domain)/src/**/*.test.ts', '<rootDir>/apps/*/src/**/*.test.ts'],
      coveragePathIgnorePatterns: ['/'],
    },
  ],
  // Most tests wait most of the time: for processes, leases and servers. Those that compute have half a core then.
  maxWorkers: 2 * availableParallelism(),
  testTimeout: 120_000,
  // With modules in ESM some of each test file stays in its worker.
  workerIdleMemoryLimit: '1GB',
  // Only with --coverage, which the bootstrap adds to a run of everything. "babel" counts every branch of the source, ?? and defaults included.
  coverageProvider: 'babel',
  coverageReporters: ['text-summary', 'lcovonly'],
  collectCoverageFrom: ['packages/domain/src/**/*.ts', '!**/*.test.ts'],
  coverageThreshold: { global: { branches: 100 } },
};

export default config;
