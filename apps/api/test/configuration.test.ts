import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { explanations } from '../src/settings/explain.js'
import { variables } from '../src/settings/variables.js'
import { optionsOf } from './options.js'

// .env.example and docs/configuration.md are made of the settings, and of the options of the packages. After a change of
// these, write both documents again: vitest run test/configuration.test.ts --update

const EXAMPLE = '../../../.env.example'
const CONFIGURATION = '../../../docs/configuration.md'
const WIDTH = 120

const settings = Object.entries(variables.shape).map(([name, schema]) => {
  const explanation = explanations.get(schema)
  if (explanation === undefined) throw new Error(`${name} has no explanation`)
  return { name, byDefault: defaultOf(schema), ...explanation }
})

function defaultOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodPipe) return defaultOf(schema.in)
  return schema instanceof z.ZodDefault ? String(schema.def.defaultValue) : ''
}

/** A comment of as many lines as it needs. */
function comment(text: string): string {
  const lines: string[] = []
  let line = '#'
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = '#'
    }
    line += ` ${word}`
  }
  return [...lines, line].join('\n')
}

test('.env.example is made of the settings', async () => {
  const head = comment(
    'Copy to .env. Everything has a default for development, and an empty value counts as unset. docs/configuration.md has the same as a table.',
  )
  const parts = settings
    .filter(({ name }) => name !== 'NODE_ENV')
    .map(({ name, byDefault, value, meaning }) => `${comment(`[${value}] ${meaning}`)}\n${name}=${byDefault}`)
  await expect(`${[head, ...parts].join('\n\n')}\n`).toMatchFileSnapshot(EXAMPLE)
})

/** Heading and interface of each set of options. */
const sets = [
  ['`createSessionStore`', 'SessionStoreOptions'],
  ['`timeouts` of the store', 'Timeouts'],
  ['`create` of the store', 'NewSession'],
  ['`createSessionChanges`', 'SessionChangesOptions'],
  ['`createSessionEvents`', 'SessionEventsOptions'],
  ['`createRedisClock`', 'RedisClockOptions'],
  ['`rollcall`, the better-auth plugin', 'RollcallOptions'],
  ['`createDevicesRouter`', 'DevicesRouterOptions'],
  ['`createStreams`', 'StreamsOptions'],
  ['`DevicesProvider`, of the React hooks', 'DevicesProviderProps'],
] as const

const cell = (text: string): string => text.replaceAll('|', String.raw`\|`).replaceAll('<', '&lt;')
const code = (text: string): string => (text === '' ? '' : `\`${text.replaceAll('|', String.raw`\|`)}\``)

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

test('docs/configuration.md has every setting, and every option of the packages, with type, unit and default', async () => {
  const parts = {
    settings: tableOf(
      ['setting', 'value', 'default', 'meaning'],
      settings.map(({ name, byDefault, value, meaning }) => [code(name), cell(value), code(byDefault), cell(meaning)]),
    ),
    options: sets
      .map(([heading, name]) => {
        const rows = optionsOf(name).map(({ name, isOptional, type, meaning }) => [
          code(name + (isOptional ? '?' : '')),
          code(type),
          cell(meaning),
        ])
        return `### ${heading}\n\n${tableOf(['option', 'type', 'meaning'], rows)}`
      })
      .join('\n\n'),
  }
  let text = readFileSync(new URL(CONFIGURATION, import.meta.url), 'utf8')
  for (const [name, part] of Object.entries(parts)) {
    const place = new RegExp(`(?<=<!-- ${name} -->\\n)[^]*?(?=<!-- /${name} -->)`)
    expect(text).toMatch(place)
    text = text.replace(place, () => `${part}\n`)
  }
  await expect(text).toMatchFileSnapshot(CONFIGURATION)
})
