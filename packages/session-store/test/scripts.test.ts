import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bundleModule, bundleScript, scriptNames } from '../lua/bundle.js'
import { offsets } from '../src/record/record.js'

const folder = new URL('../lua/', import.meta.url)
const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8')

describe.each(scriptNames())('%s', (name) => {
  const lines = textOf(`${name}.lua`).split('\n')
  const header = lines.filter((line) => line.startsWith('--')).join('\n')
  const body = lines.filter((line) => !line.startsWith('--')).join('\n')
  const argumentsIn = (text: string) =>
    [...new Set([...text.matchAll(/ARGV\[(\d+)\]/g)].map(([, n]) => Number(n)))].toSorted()

  test('its header names every argument that it reads, its one key or the many among them, and its output', () => {
    expect(argumentsIn(header)).toEqual(argumentsIn(body))
    expect(header).toMatch(/KEYS\[1\]|include lib\/(?:many|operation)/)
    expect(header).toContain('Output')
    expect(body).not.toMatch(/KEYS\[[^1]\]/)
  })
})

test('no source of the package reads a file, which a bundler would not find', () => {
  const src = new URL('../src/', import.meta.url)
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  expect(files.length).toBeGreaterThan(30)
  for (const file of files)
    expect(readFileSync(new URL(file, src), 'utf8'), file).not.toMatch(/import\.meta|node:fs|__dirname/)
})

test('the generated module holds what the .lua files say; after a change, run the build', () => {
  expect(readFileSync(new URL('../src/scripts/lua.generated.ts', import.meta.url), 'utf8')).toBe(bundleModule())
})

describe('an include', () => {
  const bundle = (files: Record<string, string>): string => {
    return bundleScript('main', (name) => files[name] ?? expect.fail(`There is no file ${name}`))
  }

  test('stands before the script that needs it, once, without comments', () => {
    const files = {
      main: '-- header\n-- @include lib/a\n-- @include lib/b\nreturn a + b -- the sum',
      'lib/a': '-- @include lib/b\n\nlocal a = b',
      'lib/b': '  -- one\nlocal b = 1\n',
    }
    expect(bundle(files)).toBe('local b = 1\nlocal a = b\nreturn a + b -- the sum')
  })

  test('that leads back to itself is refused', () => {
    expect(() =>
      bundle({ main: '-- @include lib/a', 'lib/a': '-- @include lib/b', 'lib/b': '-- @include lib/a' }),
    ).toThrow(/lib\/a > lib\/b > lib\/a/)
  })
})

test('flags of a script come first', () => {
  for (const name of scriptNames().filter((script) => textOf(`${script}.lua`).startsWith('#!')))
    expect(bundleScript(name)).toMatch(/^#!lua /)
})

test('the scripts know the offsets of a record that TypeScript knows, and no other file counts bytes', () => {
  for (const [field, offset] of Object.entries(offsets)) {
    const name = field.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
    expect(textOf('lib/record.lua'), field).toContain(`\nlocal ${name} = ${offset + 1}\n`)
  }
  const others = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.lua') && file !== 'lib/record.lua',
  )
  expect(others.length).toBeGreaterThan(15)
  for (const file of others) expect(textOf(file), file).not.toMatch(/struct\.|string\.sub\(record|string\.byte/)
})
