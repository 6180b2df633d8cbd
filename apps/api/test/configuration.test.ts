import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { explanations, variables } from '../src/variables.js'

// .env.example and the table in docs/configuration.md are made of the settings. After a change, write both again:
// vitest run test/configuration.test.ts --update

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

test('the table of settings in docs/configuration.md is made of them', async () => {
  const cell = (text: string): string => text.replaceAll('|', String.raw`\|`).replaceAll('<', '&lt;')
  const code = (text: string): string => (text === '' ? '' : `\`${text}\``)
  const rows = settings.map(({ name, byDefault, value, meaning }) => `| \`${name}\` | ${cell(value)} | ${code(byDefault)} | ${cell(meaning)} |`)
  const table = ['| setting | value | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
  const text = readFileSync(new URL(CONFIGURATION, import.meta.url), 'utf8')
  const place = /(?<=<!-- settings -->\n)[^]*?(?=<!-- \/settings -->)/
  expect(text).toMatch(place)
  await expect(text.replace(place, () => `${table}\n`)).toMatchFileSnapshot(CONFIGURATION)
})
