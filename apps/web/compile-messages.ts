import compile from 'icu-minify/compile'
import { type Plugin, transformWithOxc } from 'vite'

export interface Messages {
  readonly [key: string]: string | Messages
}

/** Compiles the messages of every language when the page is built. A parser in the page would be 10 kB of script. */
export function compileMessages(): Plugin {
  return {
    name: 'compile-messages',
    enforce: 'pre',
    async transform(code, id) {
      if (!/\/i18n\/messages\/(account\/|later\/|admin\/)?[\w-]+\.ts$/.test(id)) return
      return `export default ${JSON.stringify(compileAll(await messagesIn(code)))}`
    },
  }
}

/** @param code the text of a language's file */
export async function messagesIn(code: string): Promise<Messages> {
  const script = (await transformWithOxc(code, 'language.ts')).code
  const module = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(script)}`)) as {
    default: Messages
  } // by its type
  return module.default
}

function compileAll(messages: Messages): object {
  return Object.fromEntries(
    Object.entries(messages).map(([key, message]) => [
      key,
      typeof message === 'string' ? compile(message) : compileAll(message),
    ]),
  )
}
