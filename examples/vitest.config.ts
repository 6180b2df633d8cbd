import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Bounds against hanging, on a machine that is busy; each test waits for a condition.
  test: { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 30_000 } } },
})
