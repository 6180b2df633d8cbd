import { startPostgres } from '@rollcall/dev-postgres'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server on which each data folder of a test gets a database of its own; none: SQLite in the folder. */
    readonly postgres?: string
  }
}

/** One PostgreSQL for all files of the project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres()
  project.provide('postgres', postgres.url)
  return async () => postgres[Symbol.asyncDispose]()
}
