import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const harness = (file: string) => here(`../harness/${file}.ts`)

/** The build that this workspace has installed: the same modules that our plugin imports. */
const build = join(realpathSync(here('../node_modules/better-auth')), 'dist')

/** Each of them exports `betterAuth`. */
const entries = new Set(['auth/full', 'index'])

/**
 * Runs better-auth's test files on the installed build, not on the source beside them.
 *
 * @param source The folder `src` of its repository.
 */
export function resolveUpstream(source: string, withRollcall: boolean): Plugin {
  return {
    name: 'upstream',
    enforce: 'pre',
    async resolveId(specifier, importer) {
      if (!importer || ![source, join(build, 'test-utils')].some((folder) => importer.startsWith(`${folder}/`)))
        return null
      if (specifier === 'vitest') return harness('vitest')
      if (specifier === 'node:sqlite') return harness('sqlite')
      if (specifier === 'better-auth' && withRollcall) return harness('better-auth')
      if (specifier.startsWith('.')) {
        const root = importer.startsWith(build) ? build : source
        const path = relative(root, resolve(dirname(importer), specifier)).replace(/\.mjs$/, '')
        if (entries.has(path || 'index') && withRollcall) return harness('better-auth')
        return (
          [`${path}.mjs`, `${path}/index.mjs`].map((file) => join(build, file)).find((file) => existsSync(file)) ?? null
        )
      }
      for (const from of [join(build, 'index.mjs'), here('../upstream/package.json')]) {
        const found = await this.resolve(specifier, from, { skipSelf: true })
        if (found) return found
      }
      return null
    },
  }
}
