import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    environment: 'happy-dom',
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } }, // the server's side, which reads files of its own
    include: ['test/**/*.test.tsx'],
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results/vitest.json' },
    testTimeout: 20_000,
  },
})
