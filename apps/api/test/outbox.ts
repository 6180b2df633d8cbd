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

/** The mails to an address, the oldest first. */
export async function mailsTo({ outbox }: Pick<TestServer, 'outbox'>, email: string): Promise<string[]> {
  const folder = outbox ?? ''
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml')) // others are still being written
  const mails = await Promise.all(names.toSorted().map((name) => textOf(join(folder, name))))
  return mails.filter((mail) => mail.includes(`To: ${email}`))
}

/** The tokens in the links to a page that were mailed to an address, as soon as there is one. */
export async function tokensTo(server: Pick<TestServer, 'outbox'>, email: string, page: string): Promise<string[]> {
  for (;;) {
    const mails = await mailsTo(server, email)
    const tokens = mails.flatMap((mail) => new RegExp(`/${page}\\?token=([\\w-]+)`).exec(mail)?.[1] ?? [])
    if (tokens.length > 0) return tokens
    await pause(10)
  }
}
