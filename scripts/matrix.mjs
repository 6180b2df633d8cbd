// Runs the suites of the packages on the oldest and newest version of each peer, in a copy of this workspace.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Failure, mustRun, readPublished, root, run } from './workspace.mjs'

/** Others of the same release, which must have the same version. */
const COMPANIONS = /** @type {Record<string, readonly string[]>} */ ({
  react: ['react-dom'],
  '@trpc/server': ['@trpc/client'],
})

/** @typedef {Record<string, string>} Versions the version of each peer */

/**
 * @param {readonly string[]} wanted such as `ioredis@5.4.2`; by default, the ends of each declared range
 * @returns {Promise<number>} exit code
 * @throws {Failure} if a version does not exist, or a copy cannot be installed or built
 */
export async function testMatrix(wanted) {
  const rows = wanted.length > 0 ? [await chooseVersions(wanted)] : await ends(declaredRanges())
  /** @type {string[]} */
  const failed = []
  for (const row of rows) {
    const title = Object.entries(row).map(([name, version]) => `${name}@${version}`)
    console.log(`\n=== ${title.join(', ')}`)
    failed.push(...(await testWith(row)).map((name) => `${name} with ${title.join(', ')}`))
  }
  console.log(failed.length === 0 ? `\n${rows.length} rows passed` : `\nFailed:\n${failed.join('\n')}`)
  return failed.length === 0 ? 0 : 1
}

/** @returns {Map<string, readonly string[]>} of each peer, its range of each major version, such as `^5.4.2` */
function declaredRanges() {
  const ranges = new Map()
  for (const { peerDependencies } of readPublished()) {
    for (const [name, range] of Object.entries(peerDependencies)) {
      const alternatives = range.split(' || ')
      if (String(ranges.get(name) ?? alternatives) !== String(alternatives)) {
        throw new Failure(`Two packages declare different ranges of ${name}.`)
      }
      ranges.set(name, alternatives)
    }
  }
  return ranges
}

/**
 * Row by row, the oldest and newest version of the first major, then of the next. A peer with fewer majors is repeated.
 * @param {Map<string, readonly string[]>} ranges
 * @returns {Promise<Versions[]>}
 */
async function ends(ranges) {
  /** @type {Map<string, string[]>} */
  const columns = new Map()
  for (const [name, alternatives] of ranges) {
    if (name === '@better-auth/core') continue // it follows better-auth
    const versions = []
    for (const range of alternatives) {
      const [oldest = ''] = /\d+\.\d+\.\d+/.exec(range) ?? []
      versions.push(oldest, await newestOf(name, range))
    }
    columns.set(name, versions)
  }
  const count = Math.max(...[...columns.values()].map(({ length }) => length))
  const rows = []
  for (let row = 0; row < count; row += 1) {
    const versions = [...columns].map(([name, column]) => [name, column[row % column.length] ?? ''])
    rows.push(await withCompanions(Object.fromEntries(versions)))
  }
  return rows
}

/** @param {readonly string[]} wanted */
async function chooseVersions(wanted) {
  const versions = wanted.map((text) => {
    const at = text.lastIndexOf('@')
    return [text.slice(0, at), text.slice(at + 1)]
  })
  return await withCompanions(Object.fromEntries(versions))
}

/** @param {Versions} versions */
async function withCompanions(versions) {
  const row = { ...versions }
  for (const [name, version] of Object.entries(versions)) {
    for (const companion of COMPANIONS[name] ?? []) row[companion] = version
  }
  if (row['better-auth']) {
    const { '@better-auth/core': core, 'better-call': call } = await look(
      `better-auth@${row['better-auth']}`,
      'dependencies',
    )
    Object.assign(row, { '@better-auth/core': core, 'better-call': call })
  }
  if (row.react) {
    const [major] = row.react.split('.')
    for (const types of ['@types/react', '@types/react-dom']) row[types] = await newestOf(types, `^${major}.0.0`)
  }
  return row
}

/** @param {string} name @param {string} range */
async function newestOf(name, range) {
  const found = await look(`${name}@${range}`, 'version')
  if (!Array.isArray(found)) return found
  return found.toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true })).at(-1) // npm lists them in no order
}

/** @param {string} target @param {string} field @returns {Promise<any>} */
async function look(target, field) {
  return JSON.parse(await mustRun(`Looking up ${target}`, 'npm', ['view', target, field, '--json']))
}

/** @param {Versions} versions @returns {Promise<string[]>} the packages whose suites failed */
async function testWith(versions) {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-matrix-'))
  try {
    cpSync(root, folder, {
      recursive: true,
      filter: (path) => !/\/(?:node_modules|\.git|\.data|test-results)$/.test(path),
    })
    const settings = join(folder, 'pnpm-workspace.yaml')
    const overrides = Object.entries(versions).map(([name, version]) => `\n  '${name}': ${version}`)
    const text = readFileSync(settings, 'utf8')
    writeFileSync(settings, text.replace(/^overrides:/m, `$&${overrides.join('')}`))
    await mustRun('The installation', 'pnpm', ['--dir', folder, 'install', '--no-frozen-lockfile'], { CI: 'true' })
    // The packages stay as they were built with the versions of this workspace, as in an archive.
    const failed = []
    const { code } = await run('pnpm', [
      '--dir',
      folder,
      '--filter=@rollcall/examples',
      'exec',
      'sh',
      '-c',
      'tsc && vitest run',
    ])
    if (code !== 0) failed.push('the examples')
    for (const { name, peers } of tested()) {
      if (!peers.some((peer) => peer in versions)) continue
      const { code } = await run('pnpm', ['--dir', folder, `--filter=${name}`, 'run', 'test'])
      if (code !== 0) failed.push(name)
    }
    return failed
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The packages with suites, and the peers that these meet: also those of other packages. */
function tested() {
  const all = readPublished()
  /** @param {import('./workspace.mjs').Manifest} manifest @returns {string[]} */
  const peersOf = ({ peerDependencies, dependencies, devDependencies }) => [
    ...Object.keys(peerDependencies),
    ...all.filter(({ name }) => name in dependencies || name in devDependencies).flatMap((used) => peersOf(used)),
  ]
  return all
    .filter(({ scripts }) => scripts.test)
    .map((manifest) => ({ name: manifest.name, peers: peersOf(manifest) }))
}
