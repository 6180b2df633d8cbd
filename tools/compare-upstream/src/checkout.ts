import { execFile } from 'node:child_process'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from './env.js'
import { TESTS } from './suites.js'

const execute = promisify(execFile)

const SOURCE = 'packages/better-auth/src'

async function git(folder: string, ...args: readonly string[]): Promise<string> {
  return (await execute('git', ['-C', folder, ...args])).stdout.trim()
}

/**
 * Checks better-auth's source out into the cache, unless it is there already.
 *
 * @param tag Such as `v1.7.1`.
 * @returns The folder `src` of the package `better-auth`.
 * @throws {Error} of git, or if the tag names another commit than it did.
 */
export async function checkOut(repository: string, tag: string): Promise<string> {
  const folder = join(cacheFolder, `better-auth-${tag}`)
  if (!existsSync(folder)) await clone(repository, tag, folder)
  const commit = await git(folder, 'rev-parse', 'HEAD')
  if (tag === TESTS.tag && commit !== TESTS.commit)
    throw new Error(
      `${tag} of ${repository} is ${commit}, not ${TESTS.commit}. If that is right, remove ${folder} and change suites.ts.`,
    )
  return join(folder, SOURCE)
}

async function clone(repository: string, tag: string, folder: string): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true })
  const unfinished = await mkdtemp(`${folder}-`)
  try {
    const shallow = ['--depth', '1', '--filter=blob:none', '--no-checkout', '-c', 'advice.detachedHead=false']
    await git(cacheFolder, 'clone', '--quiet', ...shallow, '--branch', tag, repository, unfinished)
    // No settings of its compiler, which name packages that are left out.
    await git(unfinished, 'sparse-checkout', 'set', '--no-cone', `/${SOURCE}/`)
    await git(unfinished, 'checkout', '--quiet')
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
}
