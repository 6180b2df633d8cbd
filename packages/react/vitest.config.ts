import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    environment: 'happy-dom',
    server: { deps: { external: [/\/(?:packages|tools)\/[^/]+\/dist\//] } }, // the server's side, which reads files of its own
    include: ['test/**/*.test.tsx'],
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results/vitest.json' },
    // Bounds against hanging, on a machine that is busy; each test waits for a condition.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
})
