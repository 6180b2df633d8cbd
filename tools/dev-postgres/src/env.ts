import { delimiter } from 'node:path'

export const foldersOnPath = (): string[] => (process.env['PATH'] ?? '').split(delimiter)
