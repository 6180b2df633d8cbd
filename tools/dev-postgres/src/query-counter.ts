/** Counts the queries in what a client sends: each message is a letter, its length and its text, after a first one without a letter. */
export function queryCounter(): (chunk: Buffer) => number {
  let rest = Buffer.alloc(0)
  let isStarted = false
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    let queries = 0
    for (;;) {
      const start = isStarted ? 1 : 0
      if (rest.length < start + LENGTH_BYTES) return queries
      const end = start + rest.readUInt32BE(start)
      if (rest.length < end) return queries
      if (isStarted && (rest[0] === SIMPLE_QUERY || rest[0] === EXECUTE)) queries += 1
      isStarted = true
      rest = rest.subarray(end)
    }
  }
}

const LENGTH_BYTES = 4
const SIMPLE_QUERY = 'Q'.charCodeAt(0)
const EXECUTE = 'E'.charCodeAt(0)
