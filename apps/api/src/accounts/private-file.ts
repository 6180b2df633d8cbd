import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const OTHERS = 0o077

/**
 * Creates a file, unless it exists, and makes sure that only its owner may use it, whatever the umask and the folder.
 * Creates missing folders for their owner alone; an existing folder stays as it is.
 *
 * @throws {Error} of the file system, such as EPERM for a file of another user.
 */
export function ensurePrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  restrictToOwner(path)
}

/**
 * Removes everybody else's permissions from a file; does nothing when there is none.
 *
 * @throws {Error} of the file system, such as EPERM for a file of another user.
 */
export function restrictToOwner(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined || (stats.mode & OTHERS) === 0) return
  try {
    chmodSync(path, stats.mode & ~OTHERS & 0o7777)
  } catch (error) {
    // The file was removed in the meantime, as SQLite removes its write-ahead log.
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) throw error
  }
}
