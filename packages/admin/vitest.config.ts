import { defineConfig } from 'vitest/config'

/** The tests that pass on a single node and on a Cluster alike. */
const contract = ['test/admin.test.ts', 'test/many-users.test.ts', 'test/messages.test.ts']

export default defineConfig({
  test: {
    isolate: false, // they import the libraries once for all
    maxWorkers: 3, // for the most part these wait, for servers that find each other and for processes that are killed
    projects: [
      project('single node', [...contract, 'test/filter.test.ts', 'test/prefilter.test.ts', 'test/outage.test.ts']),
      project('Cluster', [...contract, 'test/cluster.test.ts']),
    ],
  },
})

function project(backend: 'single node' | 'Cluster', include: string[]) {
  return {
    test: {
      name: backend,
      include,
      provide: { backend },
      // Servers that have to find each other on a busy machine.
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  }
}
