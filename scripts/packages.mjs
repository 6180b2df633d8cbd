// The packages as others get them: packed, installed by npm into an application outside of this repository, and used there.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { mustRun, root, run } from './workspace.mjs'

const EXAMPLE = join(root, 'examples/express')

/**
 * Packs what is built, and runs the Express example on it: strict types, sign-in, revocation, outage.
 *
 * @throws {Failure} naming the step that failed
 */
export async function checkPackages() {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-packages-'))
  try {
    const tarballs = await pack(folder)
    const app = join(folder, 'app')
    for (const part of ['src', 'test']) cpSync(join(EXAMPLE, part), join(app, part), { recursive: true })
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.base.json'), 'utf8'))
    writeFileSync(
      join(app, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compilerOptions, noEmit: true }, include: ['src', 'test'] }),
    )
    writeFileSync(join(app, 'package.json'), JSON.stringify(manifest(tarballs)))
    await mustRun('The installation', 'npm', ['install', '--no-audit', '--no-fund', '--prefix', app])
    for (const resolution of [[], ['--module', 'esnext', '--moduleResolution', 'bundler']]) {
      await mustRun('The type check', join(app, 'node_modules/.bin/tsc'), ['-p', app, ...resolution])
    }
    const { code } = await run(join(app, 'node_modules/.bin/vitest'), ['run', '--root', app, '-t', 'revoked|outage'])
    return code
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} folder
 * @returns {Promise<Map<string, string>>} the tarball of each package, by its name
 */
async function pack(folder) {
  const tarballs = new Map()
  for (const name of readdirSync(join(root, 'packages'))) {
    const source = join(root, 'packages', name)
    await mustRun(`publint of ${name}`, 'publint', [source, '--strict'])
    await mustRun(`Packing ${name}`, 'pnpm', ['--dir', source, 'pack', '--pack-destination', folder])
    const { name: full, version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
    tarballs.set(full, join(folder, `${full.replace('@', '').replace('/', '-')}-${version}.tgz`))
  }
  return tarballs
}

/**
 * The example's own, with the tarballs in place of the workspace.
 * @param {Map<string, string>} tarballs
 */
function manifest(tarballs) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(EXAMPLE, 'package.json'), 'utf8'))
  /** @param {string} name */
  const target = (name) => {
    const tarball = tarballs.get(name)
    if (tarball) return `file:${tarball}`
    const installed = join(EXAMPLE, 'node_modules', name)
    return name.startsWith('@rollcall/')
      ? `file:${resolve(root, 'tools', name.slice('@rollcall/'.length))}`
      : JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')).version
  }
  /** @param {Record<string, string>} wanted */
  const resolved = (wanted) => Object.fromEntries(Object.keys(wanted).map((name) => [name, target(name)]))
  return {
    name: 'someone-elses-application',
    private: true,
    type: 'module',
    dependencies: resolved(dependencies),
    devDependencies: resolved(devDependencies),
  }
}
