import { exportedSessions, exportSessions } from '@rollcall/auth/export'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import type { Redis } from 'ioredis'

/** Without `rollcall`. */
export const createAuthAlone = ({ plugins = [], ...yours }: BetterAuthOptions) =>
  betterAuth({ ...yours, plugins: [...plugins, exportedSessions()] }) // last, in the place of rollcall

/** Run this once, while no server runs. */
export const exportAll = (redis: Redis, yours: BetterAuthOptions) =>
  exportSessions(createAuthAlone(yours), {
    redis, // the options of createSessionStore: clock and keyPrefix too
    onProgress: ({ exported }) => console.log(exported),
  }) // { exported, withoutUser, revoked, neededUntil }
