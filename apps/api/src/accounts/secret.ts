import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPrivateFolder, restrictToOwner } from './database/private-files.js'

/** Characters. A disk that was full may have left an empty file. */
const MIN_LENGTH = 32

/**
 * A secret for development, made once and kept, so that cookies survive a restart.
 *
 * @throws {Error} of the file system, or about the file.
 */
export async function ensureDevelopmentSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, 'secret')
  restrictToOwner(file) // a file of an earlier version, or one copied by hand
  const kept = await read(file).catch(nullFor('ENOENT'))
  if (kept !== null) return kept
  createPrivateFolder(dataDir)
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, randomBytes(32).toString('base64url'), { mode: 0o600 })
  // Unlike a rename, a link never replaces the secret of a server that was faster.
  try {
    await link(fresh, file).catch(nullFor('EEXIST'))
  } finally {
    await rm(fresh, { force: true })
  }
  return read(file)
}

async function read(file: string): Promise<string> {
  const secret = await readFile(file, 'utf8')
  if (secret.length < MIN_LENGTH)
    throw new Error(`${file} is shorter than ${MIN_LENGTH} characters; delete it to get another secret`)
  return secret
}

/** Rethrows any other error. */
function nullFor(code: string): (error: unknown) => null {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === code) return null
    throw error
  }
}
