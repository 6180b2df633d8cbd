import { readFile } from 'node:fs/promises'

export interface RunbookCase {
  readonly title: string
  /** The commands of its code blocks, in their order. */
  readonly commands: readonly string[]
}

const runbook = new URL('../../../docs/runbook.md', import.meta.url)

export async function readRunbook(): Promise<RunbookCase[]> {
  return parseRunbook(await readFile(runbook, 'utf8'))
}

/** A case is a section with commands of `rollcall`. */
export function parseRunbook(text: string): RunbookCase[] {
  const sections = text.split(/^## /m).slice(1)
  return sections.map((section) => ({
    title: section.slice(0, section.indexOf('\n')),
    commands: [...section.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].flatMap(([, block = '']) =>
      [...block.matchAll(/^ *(rollcall .*)$/gm)].map(([, command = '']) => command),
    ),
  }))
}

/** @throws {Error} for a placeholder without a value. */
export function fill(command: string, values: Readonly<Record<string, string>>): string {
  return command.replaceAll(/<([a-z ]+)>/g, (placeholder, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`Nothing is known for ${placeholder} in: ${command}`)
    return value
  })
}
