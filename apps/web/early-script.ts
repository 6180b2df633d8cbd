import type { Plugin } from 'vite'

/**
 * Puts the script of `src/early.ts` into the document, beside the first script and not behind it. So the code of an account comes
 * together with that of every page.
 */
export function earlyScript(): Plugin {
  return {
    name: 'early-script',
    apply: 'build',
    config: () => ({ build: { rolldownOptions: { input: { index: 'index.html', early: 'src/early.ts' } } } }),
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle = {} }) {
        const early = Object.values(bundle).find((file) => file.type === 'chunk' && file.name === 'early')
        if (!early) throw new Error('src/early.ts was not built')
        return [{ tag: 'script', attrs: { type: 'module', async: true, src: `/${early.fileName}` }, injectTo: 'head' }]
      },
    },
  }
}
