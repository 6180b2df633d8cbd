import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { restrictToOwner } from './private-file.js'

/** Takes everybody else's permissions from each file in a folder, if there is one: an earlier version may have left them. */
export function restrictFilesIn(folder: string): void {
  for (const name of namesIn(folder)) restrictToOwner(join(folder, name))
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // it does not exist yet
  }
}
