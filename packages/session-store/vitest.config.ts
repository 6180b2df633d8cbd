import { spawnSync } from 'node:child_process'
import type { ProvidedContext } from 'vitest'
import { defineConfig } from 'vitest/config'

/** The promises of the store, whatever it stands on. */
const contract = ['test/store.test.ts', 'test/races.test.ts', 'test/clocks.test.ts']
/** It replaces a module of Node's. */
const needsAProcess = 'test/constant-time.test.ts'
const valkey = spawnSync('valkey-server', ['--version']).status === 0

export default defineConfig({
  test: {
    projects: [
      project('single node', 'master', ['test/**/!(*cluster|*sentinel).test.ts']),
      { test: { name: 'own process', include: [needsAProcess], maxWorkers: 2 } },
      // With a key prefix of the client's own. The others run without.
      project('Sentinel', 'master', [...contract, 'test/*sentinel.test.ts'], 'client:'),
      project('Cluster', 'master', [...contract, 'test/*cluster.test.ts']),
      // The forced races are held at commands that this setting replaces.
      project('Cluster', 'replicated', ['test/store.test.ts'], 'client:'),
      ...(valkey ? [project('Valkey', 'master', [...contract, 'test/replica.test.ts'])] : []),
    ],
  },
})

type Backend = ProvidedContext['backend']
type Durability = ProvidedContext['durability']

function project(backend: Backend, durability: Durability, include: string[], clientPrefix = '') {
  // For the most part these wait, until their servers have found each other.
  const together = backend === 'single node' ? { maxWorkers: 2 } : { maxWorkers: 5, sequence: { groupOrder: 1 } }
  return {
    test: {
      name: durability === 'master' ? backend : `${backend}, ${durability}`,
      include,
      exclude: [needsAProcess],
      isolate: false, // they import the store once for all: that took a fourth of their time
      provide: { backend, durability, clientPrefix },
      // Servers that have to find each other, or a new master, on a busy machine.
      testTimeout: 60_000,
      hookTimeout: 60_000,
      expect: { poll: { timeout: 30_000 } },
      ...together,
    },
  }
}
