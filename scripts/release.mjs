// Publishes the packages: what is published is what was checked.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkTarballs } from './packages.mjs'
import { packAll } from './tarballs.mjs'
import { Failure, mustRun, readPublished, run } from './workspace.mjs'

/**
 * Packs, checks and publishes every version that the registry does not have yet.
 *
 * @param {{ dry: boolean }} options dry: checks everything, and prints what would be published
 * @returns {Promise<number>} exit code
 * @throws {Failure} naming the step that failed; nothing was published before the checks passed
 */
export async function release({ dry }) {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-release-'))
  try {
    if (!dry) await checkReadiness()
    const tarballs = await packAll(folder)
    if ((await checkTarballs(tarballs, folder, { next: true })) !== 0) throw new Failure('The examples failed.')
    for (const { name, version, path } of dependenciesFirst(tarballs)) {
      const title = `${name}@${version}, ${Math.ceil(statSync(path).size / 1_024)} KiB`
      if ((await run('npm', ['view', `${name}@${version}`, 'version'], { quiet: true })).code === 0) {
        console.log(`Published before: ${title}`)
        continue
      }
      if (!dry) await mustRun(`Publishing ${name}`, 'npm', ['publish', path])
      console.log(`${dry ? 'Would publish' : 'Published'}: ${title}`)
    }
    return 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A release comes from a commit, with a repository that people can find, by somebody who may publish. */
async function checkReadiness() {
  if ((await mustRun('git status', 'git', ['status', '--porcelain'])) !== '')
    throw new Failure('Commit everything first.')
  for (const { name, repository } of readPublished()) {
    if (!repository) throw new Failure(`Name the repository in the package.json of ${name} first.`)
  }
  if ((await run('npm', ['whoami'], { quiet: true })).code !== 0) throw new Failure('Run npm login first.')
}

/** @param {readonly import('./tarballs.mjs').Tarball[]} tarballs */
function dependenciesFirst(tarballs) {
  const all = readPublished()
  /** @param {string} name @returns {number} how many levels of packages it stands on */
  const depth = (name) => {
    const used = Object.keys(all.find((each) => each.name === name)?.dependencies ?? {})
    return Math.max(
      0,
      ...used.filter((other) => all.some((each) => each.name === other)).map((other) => 1 + depth(other)),
    )
  }
  return tarballs.toSorted((one, other) => depth(one.name) - depth(other.name))
}
