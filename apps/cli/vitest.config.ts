import { defineConfig } from 'vitest/config'

// Each command is a process of its own, on a busy machine; the workers wait for it.
export default defineConfig({ test: { maxWorkers: 2, testTimeout: 60_000, hookTimeout: 60_000 } })
