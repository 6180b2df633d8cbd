import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { TestServer } from './helpers.js'

const texts = new Map<string, string>()

async function textOf(path: string): Promise<string> {
  const text = texts.get(path) ?? (await readFile(path, 'utf8')).replaceAll('=\r\n', '').replaceAll('=3D', '=')
  texts.set(path, text)
  return text
}

/** The tokens in the links to a page that were mailed to an address, as soon as there is one. */
export async function tokensTo(server: Pick<TestServer, 'outbox'>, email: string, page: string): Promise<string[]> {
  const outbox = server.outbox ?? ''
  for (;;) {
    const names = (await readdir(outbox).catch(() => [])).filter((name) => name.endsWith('.eml')) // others are still being written
    const mails = await Promise.all(names.map((name) => textOf(join(outbox, name))))
    const tokens = mails
      .filter((mail) => mail.includes(`To: ${email}`))
      .flatMap((mail) => new RegExp(`/${page}\\?token=([\\w-]+)`).exec(mail)?.[1] ?? [])
    if (tokens.length > 0) return tokens
    await pause(10)
  }
}
