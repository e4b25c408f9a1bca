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
  globalSetup: '<rootDir>/packages/devstack/src/testing/global-setup.mjs',
  globalTeardown: '<rootDir>/packages/devstack/src/testing/global-teardown.mjs',
};

export default config;
