import type { Operation, SessionAdmin } from '@rollcall/admin'
import type { Streams } from '@rollcall/devices'
import type { Activity } from '../accounts/activity/activity.js'
import type { LiveViews } from '../administration/live-views.js'
import type { Database } from '../accounts/database/database.js'
import type { Mailer } from '../mail/mailer.js'
import type { Metrics } from './metrics.js'

export interface StateSources {
  readonly operations: SessionAdmin['operations']
  readonly database: Pick<Database, 'ping'>
  readonly mailer: Pick<Mailer, 'status'>
  readonly streams: Pick<Streams, 'size'>
  readonly liveViews: Pick<LiveViews, 'size'>
  readonly activity: Pick<Activity, 'waiting'>
}

const operationStates = ['running', 'interrupted', 'stopped', 'failed', 'done'] as const

/**
 * Reads the states of now into the gauges. A part that does not answer is down, and its gauges have no value. It never
 * rejects.
 */
export async function readStates(metrics: Metrics, sources: StateSources): Promise<void> {
  const { operations, database, mailer, streams, liveViews, activity } = sources
  metrics.openStreams.set(streams.size() + liveViews.size())
  metrics.usersWithWaitingEvents.set(activity.waiting())
  await Promise.all([
    operations.list().then(
      (found) => {
        metrics.up.set({ of: 'redis' }, 1)
        setOperations(metrics, found)
      },
      () => {
        metrics.up.set({ of: 'redis' }, 0)
        metrics.operations.reset() // which leaves no state
        for (const gauge of [metrics.operationShare, metrics.operationRevoked]) gauge.remove()
      },
    ),
    // The ping has the shorter time limit.
    database
      .ping()
      .then(() => mailer.status())
      .then(
        ({ waiting, oldestMs }) => {
          metrics.up.set({ of: 'database' }, 1)
          metrics.mailsWaiting.set(waiting)
          metrics.oldestMail.set(oldestMs / 1_000)
        },
        () => {
          metrics.up.set({ of: 'database' }, 0)
          for (const gauge of [metrics.mailsWaiting, metrics.oldestMail]) gauge.remove()
        },
      ),
  ])
}

function setOperations(metrics: Metrics, operations: readonly Operation[]): void {
  for (const state of operationStates)
    metrics.operations.set({ state }, operations.filter((operation) => operation.state === state).length)
  const running = operations.filter(({ state }) => state === 'running')
  metrics.operationShare.set(Math.min(1, ...running.map(({ share }) => share)))
  const open = operations.filter(({ state }) => state !== 'done')
  metrics.operationRevoked.set(open.reduce((total, { revoked }) => total + revoked, 0))
}
