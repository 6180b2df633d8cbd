import { readdirSync, readFileSync } from 'node:fs'

// The scripts become part of the JavaScript: a bundler would not find a file that is read at run time.
// A line `-- @include lib/name` stands for the text of that file, once in a script.

const folder = new URL('./', import.meta.url)
const INCLUDE = /^-- @include (\S+)$/

/**
 * The source of a script with all that it includes, without comments and empty lines.
 *
 * @param read Gives the text of a file by its name without `.lua`.
 * @throws {Error} For a file that includes itself, directly or through others.
 */
export function bundleScript(name: string, read: (name: string) => string = readLua): string {
  const included = new Set<string>()

  function linesOf(file: string, includers: readonly string[]): string[] {
    if (includers.includes(file)) throw new Error(`${file} includes itself: ${[...includers, file].join(' > ')}`)
    if (included.has(file)) return []
    included.add(file)
    return read(file)
      .split('\n')
      .flatMap((line) => {
        const include = INCLUDE.exec(line)?.[1]
        if (include !== undefined) return linesOf(include, [...includers, file])
        return isCode(line) ? [line] : []
      })
  }

  return linesOf(name, []).join('\n')
}

function isCode(line: string): boolean {
  const text = line.trim()
  return text !== '' && !text.startsWith('--')
}

export function scriptNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.lua'))
    .map((file) => file.slice(0, -'.lua'.length))
    .toSorted()
}

/** The text of src/scripts/lua.generated.ts. */
export function bundleModule(): string {
  const names = scriptNames()
  return [
    '// Generated from lua/ when this package is built. A test compares the two: change the .lua files instead.',
    `export type LuaScript = ${names.map((name) => `'${name}'`).join(' | ')}`,
    '',
    'export const luaScripts: Readonly<Record<LuaScript, string>> = {',
    ...names.map((name) => `  '${name}': ${JSON.stringify(bundleScript(name))},`),
    '}',
    '',
  ].join('\n')
}

function readLua(name: string): string {
  return readFileSync(new URL(`${name}.lua`, folder), 'utf8')
}
