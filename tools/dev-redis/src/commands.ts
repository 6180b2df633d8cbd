/** The first command of a stream: arrays of bulk strings, in RESP 2 and 3 alike. `null` while it is not whole. */
function firstCommand(bytes: Buffer): { parts: Buffer[]; length: number } | null {
  let at = 0
  const header = (): number | null => {
    const end = bytes.indexOf('\r\n', at)
    if (end < 0) return null
    const value = Number(bytes.toString('latin1', at + 1, end))
    at = end + 2
    return value
  }
  const count = header()
  if (count === null) return null
  const parts: Buffer[] = []
  while (parts.length < count) {
    const length = header()
    if (length === null || at + length + 2 > bytes.length) return null
    parts.push(bytes.subarray(at, at + length))
    at += length + 2
  }
  return { parts, length: at }
}

/** Splits a stream into its commands: give it each chunk, and it gives the commands that are whole by then. */
export function commandReader(): (chunk: Buffer) => Buffer[][] {
  let pending: Buffer = Buffer.alloc(0)
  return (chunk) => {
    pending = Buffer.concat([pending, chunk])
    const commands: Buffer[][] = []
    for (let command = firstCommand(pending); command !== null; command = firstCommand(pending)) {
      commands.push(command.parts)
      pending = pending.subarray(command.length)
    }
    return commands
  }
}

/** A command as it is sent. */
export function framed(parts: readonly Buffer[]): Buffer {
  const end = Buffer.from('\r\n')
  return Buffer.concat([
    Buffer.from(`*${parts.length}\r\n`),
    ...parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, end]),
  ])
}
