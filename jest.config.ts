/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testMatch: ['<rootDir>/{packages,apps}/*/src/**/*.test.ts'],
  testTimeout: 60_000,
  maxWorkers: '100%',
  // Only with --coverage, which the bootstrap adds to a run of everything. "babel" counts every branch of the source, ?? and defaults included.
  coverageProvider: 'babel',
  coverageReporters: ['text-summary', 'lcovonly'],
  collectCoverageFrom: ['packages/domain/src/**/*.ts', '!**/*.test.ts'],
  coverageThreshold: { global: { branches: 100 } },
  globalSetup: '<rootDir>/packages/devstack/src/testing/global-setup.mjs',
  globalTeardown: '<rootDir>/packages/devstack/src/testing/global-teardown.mjs',
};

export default config;
