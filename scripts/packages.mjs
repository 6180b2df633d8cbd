// The packages as others get them: packed, installed by npm into applications outside of this repository, and used there.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { packAll } from './tarballs.mjs'
import { Failure, mustRun, root, run } from './workspace.mjs'

const EXAMPLES = join(root, 'examples')
/** The hooks in a page, minified: the tRPC client, react-query and React come on top. */
const MAX_HOOKS_BYTES = 20_000

/** For a registry that hangs. An installation took 28 s on a quiet machine. */
const INSTALL_DEADLINE_MS = 300_000

/** @typedef {import('./tarballs.mjs').Tarball} Tarball */

/**
 * Packs what is built, checks the archives, and runs the examples on them: strict types, sign-in, revocation, outage.
 *
 * @param {{ next?: boolean }} [options] next: also build the Next application and run it, instead of its handlers alone
 * @returns {Promise<number>} exit code
 * @throws {Failure} naming the step that failed
 */
export async function checkPackages(options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-packages-'))
  try {
    return await checkTarballs(await packAll(folder), folder, options)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {readonly Tarball[]} tarballs @param {string} folder @param {{ next?: boolean }} options */
export async function checkTarballs(tarballs, folder, { next = false }) {
  const app = join(folder, 'app')
  cpSync(EXAMPLES, app, { recursive: true, filter: (path) => !/\/(?:node_modules|\.next|test-results)$/.test(path) })
  const { extends: _, ...config } = read(join(EXAMPLES, 'tsconfig.json'))
  const { compilerOptions } = read(join(root, 'tsconfig.base.json'))
  const strict = { ...config, compilerOptions: { ...compilerOptions, ...config.compilerOptions } }
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(strict))
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest(tarballs, next)))
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--prefix', app]
  await mustRun('The installation', 'npm', install, {}, INSTALL_DEADLINE_MS)
  await checkHooks(app)
  await Promise.all(
    [[], ['--module', 'esnext', '--moduleResolution', 'bundler']].map((resolution) =>
      mustRun('The type check', join(app, 'node_modules/.bin/tsc'), ['-p', app, ...resolution]),
    ),
  )
  if (next) {
    const env = { NEXT_TELEMETRY_DISABLED: '1' }
    await mustRun('The build of Next', join(app, 'node_modules/.bin/next'), ['build', join(app, 'next')], env)
  }
  const { code } = await run(join(app, 'node_modules/.bin/vitest'), ['run', '--root', app], {
    env: { ROLLCALL_ROOT: root },
  })
  return code
}

/**
 * The hooks are for the browser alone, small, and bring nothing of the server.
 * @param {string} app
 */
async function checkHooks(app) {
  const entry = join(app, 'node_modules/@rollcall/react/dist/index.js')
  if (!readFileSync(entry, 'utf8').startsWith("'use client'"))
    throw new Failure('@rollcall/react does not say use client.')
  const { metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: app,
    external: ['react', 'react/jsx-runtime', '@tanstack/react-query', '@trpc/client'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  const foreign = Object.keys(metafile.inputs).filter((input) => !input.startsWith('node_modules/@rollcall/react/'))
  if (foreign.length > 0) throw new Failure(`@rollcall/react brings ${foreign.join(', ')}.`)
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
  console.log(`@rollcall/react weighs ${bytes} bytes.`)
  if (bytes > MAX_HOOKS_BYTES)
    throw new Failure(`@rollcall/react weighs ${bytes} bytes; ${MAX_HOOKS_BYTES} are allowed.`)
}

/**
 * That of the examples, with the tarballs in place of the workspace.
 * @param {readonly Tarball[]} tarballs
 * @param {boolean} next
 */
function manifest(tarballs, next) {
  const { dependencies, devDependencies } = read(join(EXAMPLES, 'package.json'))
  /** @param {string} name */
  const target = (name) => {
    const tarball = tarballs.find((each) => each.name === name)
    if (tarball) return `file:${tarball.path}`
    return name.startsWith('@rollcall/')
      ? `file:${resolve(root, 'tools', name.slice('@rollcall/'.length))}`
      : read(join(EXAMPLES, 'node_modules', name, 'package.json')).version
  }
  /** @param {Record<string, string>} wanted */
  const resolved = (wanted) => Object.fromEntries(Object.keys(wanted).map((name) => [name, target(name)]))
  return {
    name: 'someone-elses-application',
    private: true,
    type: 'module',
    dependencies: { ...resolved(dependencies), ...(next && read(join(EXAMPLES, 'next/package.json')).dependencies) },
    devDependencies: resolved(devDependencies),
  }
}

/** @param {string} path */
function read(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}
