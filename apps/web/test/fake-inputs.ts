/** The part that the fake API reads of a call's input. */

export function readId(input: unknown): { id: string } {
  if (typeof input === 'object' && input !== null && 'id' in input && typeof input.id === 'string') {
    return { id: input.id }
  }
  throw new Error('no id')
}

export function readEmail(input: unknown): { email: string } {
  return { email: String((input as { email?: unknown }).email) } // any field of it
}

export function readIds(input: unknown): string[] {
  if (typeof input === 'object' && input !== null && 'ids' in input && Array.isArray(input.ids)) {
    return input.ids.map(String)
  }
  throw new Error('no ids')
}

export function readCursor(input: unknown): { from: number; kind: unknown } {
  const { cursor, kind } = (typeof input === 'object' && input !== null ? input : {}) as {
    cursor?: unknown
    kind?: unknown
  } // any fields of it
  const from = typeof cursor === 'object' && cursor !== null && 'at' in cursor ? Number(cursor.at) : 0
  return { from, kind }
}
