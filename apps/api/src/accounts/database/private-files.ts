import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

const OTHERS = 0o077

/**
 * Creates a file, unless it exists, and makes sure that only its owner may use it, whatever the umask and the folder.
 * Creates missing folders for their owner alone. An existing folder stays as it is.
 *
 * @throws {Error} of the file system, such as EPERM for a file of another user.
 */
export function ensurePrivateFile(path: string): void {
  createPrivateFolder(dirname(path))
  createFile(path)
  restrictToOwner(path)
}

/**
 * Creates a folder and those above it for their owner alone, unless they exist. Does so one by one: `recursive` never returns
 * where a folder takes no other one, such as /proc.
 *
 * @throws {Error} of the file system, such as EEXIST for a file.
 */
export function createPrivateFolder(path: string): void {
  if (isFolder(path)) return
  createPrivateFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (!isFolder(path)) throw error // otherwise, another server was faster
  }
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}

/**
 * Never opens a file that exists: closing it would drop the locks that SQLite holds on it in this process. Another process
 * would then take itself for the last one, and delete the write-ahead log.
 */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/**
 * Removes everybody else's permissions from a file. Does nothing when there is none.
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

/** Takes everybody else's permissions from each file in a folder, if there is one: an earlier version may have left them. */
export function restrictFilesIn(folder: string): void {
  for (const name of namesIn(folder)) restrictToOwner(join(folder, name))
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // it does not exist yet
  }
}
