import { randomBytes } from 'node:crypto'
import type { BetterAuthOptions } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'

/** The settings of a better-auth application: use your own database, and a secret that survives a restart. */
export const authOptions = (baseURL: string): BetterAuthOptions => ({
  baseURL,
  secret: randomBytes(32).toString('hex'),
  database: memoryAdapter({ user: [], account: [], session: [], verification: [] }),
  emailAndPassword: { enabled: true },
})
