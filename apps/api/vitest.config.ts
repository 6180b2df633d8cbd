import { postgresBinaries } from '@rollcall/dev-postgres'
import { defineConfig } from 'vitest/config'

const timeouts = { testTimeout: 20_000, hookTimeout: 30_000 }

/** Those that are about people and their devices, on whatever database; the others are about what does not depend on it. */
const onAnyDatabase = ['activity', 'devices', 'reauthentication', 'start-together'].map((name) => `test/${name}.test.ts`)

export default defineConfig({
  test: {
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results/vitest.json' },
    maxWorkers: 2, // one core would be left free otherwise, and most of their time these wait
    projects: [
      { test: { name: 'SQLite', include: ['test/**/*.test.ts'], ...timeouts } },
      ...(postgresBinaries === null
        ? []
        : [{ test: { name: 'PostgreSQL', include: onAnyDatabase, globalSetup: 'test/postgres.setup.ts', ...timeouts } }]),
    ],
  },
})
