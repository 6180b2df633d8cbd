import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Settings that say where to find a Redis server. */
export interface Places {
  /** Folders that may hold `redis-server` or `valkey-server`, first match wins. */
  readonly path: readonly string[]
  /** The folder that keeps a downloaded server between runs. */
  readonly cache: string
}

export function placesFromEnvironment(): Places {
  const { PATH = '', XDG_CACHE_HOME } = process.env
  return {
    path: PATH.split(delimiter).filter((folder) => folder !== ''),
    cache: join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'rollcall'),
  }
}
