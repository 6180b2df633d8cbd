import { postgresBinaries } from '@rollcall/dev-postgres'
import { defineConfig } from 'vitest/config'

/** Bounds against hanging, on a machine that is busy; each test waits for a condition. */
const timeouts = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 30_000 } } }

/** Suites about people and their devices run on each database; the others do not depend on it. */
const onAnyDatabase = [
  'activity',
  'activity-after-kill',
  'devices',
  'email-change',
  'find-people',
  'reauthentication',
  'sign-up',
  'start-together',
].map((name) => `test/${name}.test.ts`)

/** They change what all of a process shares: a module of Node's, the tracer. */
const needAProcess = ['test/accounts/secret.test.ts', 'test/tracing.test.ts']

export default defineConfig({
  test: {
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results/vitest.json' },
    maxWorkers: 2, // with three, a server that starts beside a PostgreSQL may answer 503 on two cores
    projects: [
      // The others import the server once for all: that took half of their time.
      { test: { name: 'SQLite', include: ['test/**/*.test.ts'], exclude: needAProcess, isolate: false, ...timeouts } },
      { test: { name: 'own process', include: needAProcess, ...timeouts } },
      ...(postgresBinaries === null
        ? []
        : [
            {
              test: {
                name: 'PostgreSQL',
                include: onAnyDatabase,
                globalSetup: 'test/postgres.setup.ts',
                isolate: false,
                ...timeouts,
              },
            },
          ]),
    ],
  },
})
