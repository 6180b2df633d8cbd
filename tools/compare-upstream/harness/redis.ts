import { startRedis } from '@rollcall/dev-redis'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string
  }
}

/** One Redis for all files. */
export default async function setup({ provide }: TestProject) {
  const redis = await startRedis()
  provide('redisUrl', redis.url)
  return () => redis.stop()
}
