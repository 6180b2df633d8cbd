import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { restrictToOwner } from './private-files.js'

/** A secret for development, made once and kept, so that cookies survive a restart. */
export async function developmentSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, 'secret')
  restrictToOwner(file) // a file of an earlier version, or one copied by hand
  const kept = await read(file)
  if (kept !== null) return kept
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, randomBytes(32).toString('base64url'), { mode: 0o600 })
  try {
    await link(fresh, file) // unlike a rename, never replaces the secret of a server that was faster
  } catch (error) {
    if ((await read(file)) === null) throw error
  } finally {
    await rm(fresh, { force: true })
  }
  return readFile(file, 'utf8')
}

async function read(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    return null
  }
}
