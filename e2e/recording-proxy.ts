import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, request as ask } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'

/** Stands between browsers and application: passes everything on but client hints, and remembers each answer. */
export interface RecordingProxy {
  readonly port: number
  /** Every session token that a browser was given, and nowhere else may be. */
  readonly tokens: ReadonlySet<string>
  /** Every answer: its headers but for Set-Cookie, and its body. Files that never change are kept once. */
  answers(): Buffer[]
  close(): Promise<void>
}

/** @param target port of the application */
export async function startRecordingProxy(target: number): Promise<RecordingProxy> {
  const tokens = new Set<string>()
  const answers = new Map<string, Uint8Array[]>()
  const server = createServer((incoming, outgoing) => {
    const { method, url: path = '' } = incoming
    // Playwright changes the user agent alone: the hints would reveal the headless browser.
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(([name]) => !name.startsWith('sec-ch-ua')),
    )
    const passed = ask({ host: '127.0.0.1', port: target, method, path, headers }, (answer) => {
      for (const cookie of answer.headers['set-cookie'] ?? []) {
        const [, token] = /session_token=([\w-]{81})\./.exec(cookie) ?? []
        if (token !== undefined) tokens.add(token)
      }
      const { 'set-cookie': _, ...shown } = answer.headers
      const seen: Uint8Array[] = [Buffer.from(`${path} ${JSON.stringify(shown)}`)]
      answers.set(path.startsWith('/assets/') ? path : String(answers.size), seen)
      outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.headers)
      answer.on('data', (chunk: Buffer) => seen.push(chunk)).pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    })
    passed.on('error', () => outgoing.destroy())
    outgoing.on('close', () => passed.destroy())
    incoming.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // a server on TCP has one
    tokens,
    answers: () => [...answers.values()].map((seen) => Buffer.concat(seen)),
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Everything that is sent to a Redis, by whomever, scripts too. Gives what was seen so far. */
export async function watchCommands(socketPath: string): Promise<{ seen(): Buffer; close(): void }> {
  const chunks: Buffer[] = []
  const line = connect(socketPath)
  line.on('data', (chunk: Buffer) => chunks.push(chunk))
  line.on('error', () => undefined) // Redis has ended
  line.write('MONITOR\r\n')
  await once(line, 'data')
  return { seen: () => Buffer.concat(chunks), close: () => line.destroy() }
}

/** Every file below a folder. */
export function filesBelow(folder: string): Map<string, Buffer> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path, readFileSync(path)]
    }),
  )
}

/** A token's secret as it may have been written down: the text or the bytes that it stands for, whole or by half. */
function looksOf(token: string): (string | Buffer)[] {
  const secret = token.slice(-43)
  const bytes = Buffer.from(secret, 'base64url')
  const spellings = [secret, bytes.toString('base64'), bytes.toString('hex'), bytes.toString('hex').toUpperCase()]
  const halves = spellings.flatMap((text) => [text.slice(0, 20), text.slice(20, 40)])
  return [
    ...halves,
    bytes.subarray(0, 16),
    bytes.subarray(16),
    Buffer.from(secret).toString('base64').slice(0, 40),
    Buffer.from(secret).toString('hex').slice(0, 40),
  ]
}

/** In which places any of the tokens can be found, whole or by half, in whatever spelling. */
export function placesOf(tokens: ReadonlySet<string>, places: ReadonlyMap<string, Buffer>): string[] {
  const looks = [...tokens].flatMap((token) => looksOf(token))
  return [...places].filter(([, held]) => looks.some((look) => held.includes(look))).map(([place]) => place)
}
