// Packs the packages, and checks each archive as its users will see it.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, posix } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { Failure, mustRun, root } from './workspace.mjs'

/** @typedef {{ name: string, version: string, path: string }} Tarball */

/**
 * @param {string} folder for the archives
 * @returns {Promise<Tarball[]>}
 * @throws {Failure} naming everything that is wrong with them
 */
export async function packAll(folder) {
  const tarballs = await Promise.all(readdirSync(join(root, 'packages')).map((name) => pack(name, folder)))
  const problems = await Promise.all(tarballs.map(problemsOf))
  if (problems.flat().length > 0) throw new Failure(problems.flat().join('\n'))
  return tarballs
}

/** @param {string} name @param {string} folder */
async function pack(name, folder) {
  const source = join(root, 'packages', name)
  removeStale(source)
  await mustRun(`Packing ${name}`, 'pnpm', ['--dir', source, 'pack', '--pack-destination', folder])
  const manifest = manifestOf(source)
  const path = join(folder, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`)
  return { name: manifest.name, version: manifest.version, path }
}

/**
 * Removes what an earlier source was compiled to: the compiler leaves it, and it would be packed.
 * @param {string} source
 */
function removeStale(source) {
  const dist = join(source, 'dist')
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const module = /^(.*?)\.(?:d\.ts|js|js\.map)$/.exec(file)?.[1]
    if (module === undefined) continue
    const isCurrent = ['ts', 'tsx'].some((extension) => existsSync(join(source, 'src', `${module}.${extension}`)))
    if (!isCurrent) rmSync(join(dist, file))
  }
}

/** @param {string} source @returns {{ name: string, version: string }} */
function manifestOf(source) {
  return JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
}

/** @param {Tarball} tarball @returns {Promise<string[]>} */
async function problemsOf({ name, path }) {
  const bytes = new Uint8Array(readFileSync(path))
  const found = [...contentProblems(bytes), ...(await publintProblems(bytes)), ...(await typeProblems(bytes))]
  return found.map((problem) => `${name}: ${problem}`)
}

/** @param {Uint8Array} bytes */
async function publintProblems(bytes) {
  const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true })
  return messages
    .filter(({ type }) => type !== 'suggestion')
    .map((message) => formatMessage(message, pkg) ?? message.code)
}

/**
 * The packages are ES modules with an `exports` map: neither `require` of Node before 20.19 nor TypeScript's `node10`
 * resolution can use them.
 * @param {Uint8Array} bytes
 */
async function typeProblems(bytes) {
  const analysis = await checkPackage(createPackageFromTarballData(bytes))
  if (!analysis.types) return ['has no types']
  return analysis.problems
    .filter((problem) => !('resolutionKind' in problem) || !['node10', 'node16-cjs'].includes(problem.resolutionKind))
    .map((problem) => `types: ${JSON.stringify(problem)}`)
}

/**
 * Licence and README are there. Links of the README lead out of the repository or into the archive. Source maps hold their
 * sources. No version is left that only this workspace understands.
 * @param {Uint8Array} bytes
 */
function contentProblems(bytes) {
  const archive = createPackageFromTarballData(bytes)
  const prefix = `/node_modules/${archive.packageName}/`
  const files = new Set(archive.listFiles().map((file) => file.slice(prefix.length)))
  const read = (/** @type {string} */ file) => archive.readFile(prefix + file)

  const problems = ['LICENSE', 'README.md'].filter((file) => !files.has(file)).map((file) => `${file} is missing`)
  const links = files.has('README.md') ? read('README.md').matchAll(/\]\((?!https:|#)([^)#\s]+)/g) : []
  for (const [, link = ''] of links) {
    if (!files.has(posix.normalize(link))) problems.push(`README.md: ${link} is not in the archive`)
  }
  for (const map of [...files].filter((file) => file.endsWith('.map'))) {
    const { sources, sourcesContent = [] } = JSON.parse(read(map))
    if (
      sources.some((/** @type {string} */ _source, /** @type {number} */ at) => typeof sourcesContent[at] !== 'string')
    ) {
      problems.push(`${map} does not hold its sources`)
    }
  }
  const manifest = read('package.json')
  if (/"(?:workspace|catalog):/.test(manifest)) problems.push('package.json holds a version of the workspace')
  return problems
}
