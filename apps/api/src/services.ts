import { join } from 'node:path'
import type { Audit, Secrets } from '@rollcall/auth'
import { createStreams, type PlaceOf } from '@rollcall/devices'
import {
  type Clock,
  createSessionChanges,
  createSessionEvents,
  createSessionStore,
  type SessionStore,
} from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'
import { createLiveViews } from './administration/live-views.js'
import { openAdministration } from './administration/open.js'
import { type Activity, openActivity } from './accounts/activity/activity.js'
import { type Auth, createAuth } from './accounts/auth.js'
import { databaseError, explainFileErrors, openConfiguredDatabase } from './accounts/database/configured-database.js'
import type { Database } from './accounts/database/database.js'
import { DAY_MS } from './durations.js'
import { createPrivateFolder, restrictFilesIn } from './accounts/database/private-files.js'
import { ensureDevelopmentSecret } from './accounts/secret.js'
import { REQUESTED_SWEEP_MS } from './accounts/activity/event-sweep.js'
import { startSweep } from './accounts/activity/sweep.js'
import type { Settings } from './settings/env.js'
import { createChallenges } from './limits/challenges.js'
import { createLimits, type Limits } from './limits/limits.js'
import { newDeviceCharges, sendWithin } from './limits/mail-limits.js'
import { recordWrongPasswords } from './limits/wrong-passwords.js'
import { auditTo } from './log.js'
import { createMailer, type Mailer } from './mail/mailer.js'
import { mailOwners } from './mail/owners.js'
import { openMailQueue } from './mail/queue.js'
import { createSend } from './mail/transport.js'
import { countEvent, countNearCache } from './metrics/metrics.js'
import { createObserver, type Observer } from './observer.js'
import { openConfiguredPlaces } from './places.js'
import { openRedis } from './redis/open-redis.js'
import type { OnClose, ServiceOptions } from './service-options.js'

/** A command that asks for many mails waits while this is thrown. */
export { MailQueueFullError } from './errors.js'

/** The services that the server's routes need. */
export type Services = Awaited<ReturnType<typeof openServices>>

/** Opens and checks Redis, the database and all that stands on them. It sends no mail, renews nothing, and deletes nothing that has expired. */
export async function openServices(options: ServiceOptions, baseUrl: string, onClose: OnClose) {
  const { settings, log } = options
  const observer = createObserver(settings.metrics !== undefined)
  const { redis, clock } = await openRedis(options, onClose)
  observer.watch(redis)
  const database = openConfiguredDatabase(settings, options.openDatabase)
  onClose(() => database.close())
  const secrets = settings.secrets ?? (await ownSecrets(settings))
  const { store, activity } = await openStore(options, { redis, clock, database, observer }, onClose)

  const placeOf = openConfiguredPlaces(settings)
  const changes = createSessionChanges({ redis, keyPrefix: settings.keyPrefix })
  onClose(async () => changes.close())
  const { revalidateEvery } = options
  const streams = createStreams({
    store,
    placeOf,
    changes,
    ...(revalidateEvery !== undefined && { revalidateEvery }),
  })
  const liveViews = createLiveViews({ changes, rereadMs: revalidateEvery })
  const limits = observer.limits(createLimits(redis, secrets, settings.keyPrefix))
  const challenges = createChallenges(secrets, clock)
  const mailer = await openMailer(options, { database, limits, baseUrl, placeOf }, onClose)
  const audit = auditTo(log, observer.audit)
  const parts = { store, database, activity, limits, mailer, audit, clock, secrets, baseUrl }
  const auth = observer.auth(await openAuth(options, parts))
  const administration = openAdministration({ settings, log, clock, database, placeOf }, onClose)
  const state = { redis, clock, database, store, activity, administration, placeOf, streams, liveViews }
  return { ...state, limits, challenges, audit, auth, mailer, observer }
}

/**
 * Renews what earlier settings wrote, and begins to send mails and to tidy up. A server does so, by the settings that all servers
 * share. A command of an operator does not.
 */
export function startBackgroundWork(
  { log }: ServiceOptions,
  { mailer, auth, activity, administration }: Services,
  onClose: OnClose,
): void {
  mailer.start(auth)
  const sweeps = [
    startSweep(auth.renewSecondFactors, log, DAY_MS),
    startSweep(auth.deleteExpired, log),
    startSweep(auth.foldOldNames, log),
    startSweep(administration.correctRows, log),
    startSweep(activity.tidyUp, log, REQUESTED_SWEEP_MS),
  ]
  for (const sweep of sweeps) onClose(() => sweep.close())
}

async function ownSecrets({ dataDir }: Settings): Promise<Secrets> {
  return [await explainFileErrors('The secret of development cannot be used', () => ensureDevelopmentSecret(dataDir))]
}

interface Connected {
  readonly redis: Redis | Cluster
  readonly clock: Clock
  readonly database: Database
  readonly observer: Observer
}

/** The session store, and the activity that its events become. */
async function openStore(
  { settings, log }: ServiceOptions,
  { redis, clock, database, observer }: Connected,
  onClose: OnClose,
): Promise<{ store: SessionStore; activity: Activity }> {
  const { keyPrefix } = settings
  const { metrics } = observer
  const warn = (message: string, details: object): void => log.warn(details, message)
  const activity = await openActivity({
    database,
    events: createSessionEvents({ redis, clock, warn, keyPrefix }),
    days: settings.activityDays,
    clock,
    onMoved: metrics && ((events) => events.forEach((event) => countEvent(metrics, event, clock()))),
    warn: (message, reason) => log.error({ err: reason }, message),
  }).catch((error: unknown) => {
    throw databaseError(error, settings)
  })
  onClose(() => activity.close())
  const store = createSessionStore({
    redis,
    clock,
    keyPrefix,
    timeouts: settings.timeouts,
    maxSessionsPerUser: settings.maxSessionsPerUser,
    durability: settings.durability,
    warn,
    onEvent: (userTag) => activity.move(userTag),
    ...(settings.nearCacheLeaseMs !== undefined && {
      nearCache: { lease: settings.nearCacheLeaseMs, ...(metrics && { observe: countNearCache(metrics) }) },
    }),
  })
  return { store: observer.store(store), activity }
}

/** The folder for mails as files, where no mail server is set. */
export function outboxOf({ dataDir }: Settings): string {
  return join(dataDir, 'outbox')
}

async function openMailer(
  { settings, log }: ServiceOptions,
  { database, limits, baseUrl, placeOf }: { database: Database; limits: Limits; baseUrl: string; placeOf: PlaceOf },
  onClose: OnClose,
): Promise<Mailer> {
  const outbox = outboxOf(settings)
  await explainFileErrors('Mails cannot be written', () => {
    if (settings.smtpUrl === undefined) createPrivateFolder(outbox)
    restrictFilesIn(outbox)
  })
  const queue = await openMailQueue(database).catch((error: unknown) => {
    throw databaseError(error, settings)
  })
  const mailer = createMailer({
    queue,
    send: createSend({ smtpUrl: settings.smtpUrl, outbox, baseUrl, log }),
    baseUrl,
    placeOf,
    limits,
    log,
  })
  onClose(() => mailer.close())
  return mailer
}

interface AuthParts {
  readonly store: SessionStore
  readonly database: Database
  readonly activity: Activity
  readonly limits: Limits
  readonly mailer: Mailer
  readonly audit: Audit
  readonly clock: Clock
  readonly secrets: Secrets
  readonly baseUrl: string
}

async function openAuth(
  { settings, log, passwords }: ServiceOptions,
  { store, database, activity, limits, mailer, audit, clock, secrets, baseUrl }: AuthParts,
): Promise<Auth> {
  const recordWrongPassword = recordWrongPasswords(limits, activity)
  const auth: Auth = await createAuth({
    store,
    database,
    baseUrl,
    secrets,
    audit,
    onChange: mailOwners({ mailer, clock, log }),
    onWrongPassword: (wrong) => {
      recordWrongPassword(wrong).catch((error: unknown) =>
        log.warn({ err: error }, 'A wrong password is missing in the activity'),
      )
    },
    providers: settings.providers,
    ...(passwords && { passwords }),
    requestReset: (email) => mailer.requestReset(email),
    accountMails: mailer,
    ...(settings.confirmsAddress && { requestSignUp: mailer.requestSignUp }),
    notifyNewDevice: async (session, deviceId) => {
      if (await mailer.isWaiting(deviceId)) return
      const user = await auth.findUser(session.userId)
      if (user === null) return
      const charges = newDeviceCharges(session, user.email)
      const isSent = await sendWithin(limits, charges, () => mailer.notifyNewDevice(session, deviceId))
      if (!isSent)
        log.warn({ userId: session.userId }, 'No mail about a new device: its user has had as many as the limit allows')
    },
    log: (level, message) => log[level]({ from: 'better-auth' }, message),
  }).catch((error: unknown) => {
    throw databaseError(error, settings)
  })
  return auth
}
