import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export interface Received {
  readonly from: string
  readonly to: string[]
  readonly message: string
}

/** The reaction of a mail server to the next recipient: it accepts it, or answers with a code. */
export type Answer = 'accept' | 421 | 450 | 451 | 550

export type TestSmtp = Awaited<ReturnType<typeof startSmtp>>

/**
 * A mail server that stores the mails it gets.
 *
 * @param options.port 0: any free port.
 * @param options.holds It lets its clients wait after each mail, until `answer`.
 * @param options.mute It accepts connections and never answers.
 */
export async function startSmtp({ port = 0, holds = false, mute = false } = {}) {
  const received: Received[] = []
  const waiting: (() => void)[] = []
  let recipients = 0
  let answerOf = (_address: string): Answer => 'accept'
  const smtp = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    onAuth: ({ username }, _session, done) => done(null, { user: username }),
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onConnect: (_session, done) => {
      if (!mute) done()
    },
    onRcptTo: ({ address }, _session, done) => {
      recipients += 1
      const answer = answerOf(address)
      if (answer === 'accept') return done()
      return done(Object.assign(new Error(`<${address}> is not taken`), { responseCode: answer }))
    },
    onData: (stream, { envelope: { mailFrom, rcptTo } }, done) => {
      let message = ''
      stream.setEncoding('utf8').on('data', (chunk: string) => (message += chunk))
      stream.on('end', () => {
        received.push({ from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address), message })
        if (holds) waiting.push(done)
        else done()
      })
    },
  })
  smtp.on('error', () => undefined)
  smtp.listen(port, '127.0.0.1')
  await once(smtp.server, 'listening')
  const { port: actual } = smtp.server.address() as AddressInfo // it listens on a port
  return {
    port: actual,
    url: `smtp://127.0.0.1:${actual}`,
    received,
    /** How often somebody wanted to send a mail. */
    recipients: () => recipients,
    connections: () => smtp.connections.size,
    answerWith: (next: (address: string) => Answer) => void (answerOf = next),
    answer: () => waiting.splice(0).forEach((done) => done()),
    [Symbol.asyncDispose]: async () => {
      for (const connection of smtp.connections) connection.close()
      await new Promise<void>((resolve) => smtp.close(resolve))
    },
  }
}

/** The page that a mail leads to. */
export function linkIn(
  { message }: Pick<Received, 'message'>,
  page: 'confirm-email' | 'reset-password' | 'secure-account',
): URL {
  const plain = message.replaceAll('=\r\n', '').replaceAll('=3D', '=')
  const link = new RegExp(String.raw`https?://\S+/${page}\?token=[\w-]+`).exec(plain)?.[0]
  if (link === undefined) throw new Error(`There is no link to ${page} in ${message}`)
  return new URL(link)
}
