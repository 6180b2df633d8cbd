import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'

export interface Stream {
  /** When the next list is here, or the end of the session. */
  next(): Promise<number>
  close(): void
}

/** An open page over a connection of its own, once it has been shown its first list. */
export async function openStream(url: string, cookie: string): Promise<Stream> {
  const request = get(`${url}/trpc/devices.changes`, { agent: false, headers: { cookie, accept: 'text/event-stream' } })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let receive: (at: number | Promise<never>) => void = () => undefined
  const next = () => new Promise<number>((resolve) => (receive = resolve))
  response.on('error', () => undefined)
  request.on('error', () => undefined)
  response.on('data', (bytes: Buffer) => {
    if (bytes.includes('serialized-error')) receive(Promise.reject(new Error('A stream was refused')))
    if (bytes.includes('"type":"devices"') || bytes.includes('"type":"ended"')) receive(performance.now())
  })
  await next()
  return { next, close: () => request.destroy() }
}
