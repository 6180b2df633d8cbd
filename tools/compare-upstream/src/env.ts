import { homedir } from 'node:os'
import { join } from 'node:path'

const { XDG_CACHE_HOME } = process.env

/** The folder of this user for downloads of this repository. */
export const cacheFolder = join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'rollcall')
