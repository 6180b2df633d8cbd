import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)))

/** The anchors of a document's headings, as they are made for a page of the repository. */
function anchorsOf(path: string): string[] {
  const headings = [
    ...read(path)
      .replaceAll(/^```[\s\S]*?^```/gm, '')
      .matchAll(/^#+ (.+)$/gm),
  ]
  return headings.map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  )
}

test.each(documents)('every link of %s inside the repository leads somewhere', (path) => {
  const links = [...read(path).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link)
  for (const link of links) {
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? path : join(dirname(path), file)
    expect(existsSync(join(root, target)), `${link} exists`).toBe(true)
    if (anchor !== undefined) expect(anchorsOf(target), link).toContain(anchor)
  }
})

/** A document may give a part of a title, and break it into lines. */
function expectTitle(title: string, source: string): void {
  const words = title.replaceAll('\\', '').replaceAll(/\s+/g, ' ')
  expect(source.replaceAll('\\', '').includes(words), `a test called "${words}"`).toBe(true)
}

test.each(documents)('every test that %s names by a link has this title', (path) => {
  const links = read(path).matchAll(/\["((?:\\"|[^"])+)"\]\((?!https?:)([^)\s]+\.tsx?)\)/g)
  for (const [, title = '', file = ''] of links) expectTitle(title, read(join(dirname(path), file)))
})

/** Without indentation: a document may show the inside of a function. */
const linesOf = (code: string): string[] => code.split('\n').map((line) => line.trim())

const examples = documents.flatMap((path) =>
  [...read(path).matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => ({ path, code })),
)

test('every TypeScript example of a document stands in examples/, which compiles', () => {
  const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'examples/*.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '')
    .map((path) => `\n${linesOf(read(path)).join('\n')}`)
  expect(examples.length).toBeGreaterThan(10)
  const strange = examples.filter(({ code }) => {
    const lines = linesOf(code).join('\n')
    return !sources.some((source) => source.includes(`\n${lines}`))
  })
  expect(strange).toEqual([])
})

test('every example that makes a client connects it first: until then, redisOptions refuse each command', () => {
  const clients = examples.filter(({ code }) => code.includes('redisOptions'))
  expect(clients.length).toBeGreaterThan(4)
  expect(clients.filter(({ code }) => !code.includes('lazyConnect: true'))).toEqual([])
})

test.each(documents.filter((path) => /^packages\/[^/]+\/README\.md$/.test(path)))(
  '%s leads to nothing outside of its package, which is all that a registry shows',
  (path) => {
    const links = [...read(path).matchAll(/\]\((?!https:|#)([^)\s]+)\)/g)].map(([, link = '']) => link)
    expect(links.filter((link) => link.startsWith('..'))).toEqual([])
  },
)

test.each([
  ['session-store', 'record/session', 'SessionStoreOptions'],
  ['session-store', 'events/changes', 'SessionChangesOptions'],
  ['session-store', 'events/events', 'SessionEventsOptions'],
  ['session-store', 'redis/redis-clock', 'RedisClockOptions'],
  ['devices', 'streams', 'StreamsOptions'],
  ['auth', 'plugin', 'RollcallOptions'],
  ['trpc', 'router', 'DevicesRouterOptions'],
])('the README of %s lists every option of %s.ts: %s', (name, file, type) => {
  const [, body = ''] =
    new RegExp(String.raw`interface ${type}\b.*?\{\n(.*?)\n\}`, 's').exec(read(`packages/${name}/src/${file}.ts`)) ?? []
  const options = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, option]) => `\`${option}\``)
  expect(options).not.toEqual([])
  const readme = read(`packages/${name}/README.md`)
  expect(options.filter((option) => !readme.includes(option))).toEqual([])
})

test('one word per idea: no code, test or document uses those that the glossary has replaced', () => {
  const replaced = /\b(?:told|tells?|telling|hears?|heard|endings?|gather(?:s|ed|ing)?)\b/i
  const files = execFileSync('git', ['ls-files', '*.md', '*.ts', '*.tsx', '*.mjs', '*.lua', '*.css'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && path !== 'apps/api/test/docs.test.ts' && existsSync(join(root, path)))
  const uses = files.flatMap((path) => {
    const lines = read(path).split('\n')
    return lines.flatMap((line, i) => (replaced.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : []))
  })
  expect(uses).toEqual([])
})

test('the front page can be read in two minutes: 120 lines at most', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(120)
})

describe('the decision records', () => {
  const records = readdirSync(join(root, 'docs/adr')).filter((name) => /^\d{4}-/.test(name))
  const index = read('docs/adr/README.md')

  test.each(records)('%s has a number, a status with a date, and the tests that hold it', (name) => {
    const text = read(join('docs/adr', name))
    expect(text).toMatch(new RegExp(`^# ${Number(name.slice(0, 4))}\\. \\S`))
    expect(text).toMatch(/^Status: (?:accepted|superseded by \[ADR \d+\]\(\d{4}-[\w-]+\.md\)), \d{4}-\d{2}-\d{2}$/m)
    const [, confirmation = ''] = text.split('\n## Confirmation\n')
    expect(confirmation.trim()).not.toBe('')
    const paths = [
      ...confirmation.matchAll(/[`/]((?:apps|packages|tools|e2e|examples|scripts)\/[^`)]+\.[a-z]+)[`)]/g),
    ].map(([, path = '']) => path)
    for (const path of paths) expect(existsSync(join(root, path)), path).toBe(true)
    const sources = paths.map(read).join('\n')
    for (const [, title = ''] of confirmation.matchAll(/"((?:\\"|[^"])+)"/g)) expectTitle(title, sources)
  })

  test('are all in the index, in order, under their titles', () => {
    const listed = [...index.matchAll(/^\| (\d+) \| \[(.+)\]\((.+)\) \|/gm)].map(([, number, title, name]) => [
      number,
      title,
      name,
    ])
    const titled = records.map((name) => {
      const [, number, title] = /^# (\d+)\. (.+)$/m.exec(read(join('docs/adr', name))) ?? []
      return [number, title, name]
    })
    expect(listed).toEqual(titled)
  })
})
