import { defineConfig } from 'vitest/config'

/** It changes what all of a process shares: a module of Node's. */
const needsAProcess = 'test/cookie.test.ts'

// Bounds against hanging, on a machine that is busy; each test waits for a condition.
const timeouts = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 30_000 } } }

export default defineConfig({
  test: {
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results/vitest.json' },
    maxWorkers: 2, // one core would be left free otherwise, and most of their time these wait
    projects: [
      // They import better-auth once for all: that took two thirds of their time.
      {
        test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: [needsAProcess], isolate: false, ...timeouts },
      },
      { test: { name: 'own process', include: [needsAProcess], ...timeouts } },
    ],
  },
})
