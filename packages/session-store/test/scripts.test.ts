import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const folder = new URL('../lua/', import.meta.url)
const scripts = readdirSync(folder).filter((name) => name !== 'record.lua')

describe.each(scripts)('%s', (name) => {
  const lines = readFileSync(new URL(name, folder), 'utf8').split('\n')
  const header = lines.filter((line) => line.startsWith('--')).join('\n')
  const body = lines.filter((line) => !line.startsWith('--')).join('\n')
  const argumentsIn = (text: string) => [...new Set([...text.matchAll(/ARGV\[(\d+)\]/g)].map(([, n]) => Number(n)))].toSorted()

  test('its header names every argument that it reads, its one key and its output', () => {
    expect(argumentsIn(header)).toEqual(argumentsIn(body))
    expect(header).toContain('KEYS[1]')
    expect(header).toContain('Output')
    expect(body).not.toMatch(/KEYS\[[^1]\]/)
  })
})
