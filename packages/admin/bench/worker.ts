// Forked by operations.ts. One process validates, as a server does; another one runs an operation, and may be killed.
import { quantile } from '@rollcall/dev-bench'
import { createSessionStore } from '@rollcall/session-store'
import { createSessionAdmin, type Filter } from '../src/index.js'
import { connectCluster } from './connect.js'

export type Task =
  | { readonly kind: 'validate'; readonly tokens: readonly string[] }
  | { readonly kind: 'report' }
  | { readonly kind: 'revoke'; readonly filter: Filter | null }
  | { readonly kind: 'resume'; readonly id: string }

export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'validated'; readonly count: number; readonly p50: number | null; readonly p99: number | null }
  | { readonly kind: 'done'; readonly ms: number; readonly revoked: number; readonly megabytes: number }

const PAUSE_MS = 2

process.once('disconnect', () => process.exit()) // however the measurement ends
const redis = await connectCluster(process.argv[2] ?? '')
const report = (message: Report): void => void process.send?.(message)
let durations: number[] = []

/** One validation every two milliseconds, each timed. */
async function validate(tokens: readonly string[]): Promise<never> {
  const store = createSessionStore({ redis })
  for (let n = 0; ; n += 1) {
    const began = performance.now()
    void store.validate(tokens[(n * 7_919) % tokens.length] ?? '').then(() => durations.push(performance.now() - began))
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

async function operate(task: Extract<Task, { kind: 'revoke' | 'resume' }>): Promise<void> {
  const { revoke, revokeEveryone, operations } = createSessionAdmin({ redis }) // with an event for each session of a filter, as in production
  const request = { startedBy: 'the measurement' }
  const began = performance.now()
  const running =
    task.kind === 'resume'
      ? operations.resume(task.id)
      : task.filter === null
        ? revokeEveryone(request)
        : revoke(task.filter, request)
  const { revoked } = await running
  const megabytes = process.resourceUsage().maxRSS / 1_024
  report({ kind: 'done', ms: performance.now() - began, revoked, megabytes })
}

process.on('message', (task: Task) => {
  if (task.kind === 'validate') void validate(task.tokens)
  else if (task.kind === 'report') {
    const measured = durations
    durations = []
    const at = (share: number): number | null => (measured.length === 0 ? null : quantile(measured, share))
    const [p50, p99] = [at(0.5), at(0.99)]
    report({ kind: 'validated', count: measured.length, p50, p99 })
  } else void operate(task)
})
report({ kind: 'ready' })
