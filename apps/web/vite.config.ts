import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { loadEnv } from 'vite'
import { defineConfig } from 'vitest/config'
import { compileMessages } from './compile-messages.js'
import { compressAssets } from './compress-assets.js'
import { earlyScript } from './early-script.js'

/** It replaces a module of the page's, which those before it may have loaded. */
const needsAProcess = 'test/proof.test.tsx'

export default defineConfig(({ mode }) => {
  // In development the browser talks to Vite alone, so that page and API share an origin as they do in production.
  const api = loadEnv(mode, import.meta.dirname, 'ROLLCALL_')['ROLLCALL_API_URL'] ?? 'http://localhost:3000'
  return {
    plugins: [compileMessages(), react(), tailwindcss(), earlyScript(), compressAssets()],
    resolve: { alias: [{ find: /^use-intl\/format-message$/, replacement: 'use-intl/format-message/format-only' }] },
    // The Content-Security-Policy allows no inline module, so that small files must stay files.
    build: {
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false }, // a browser that cannot preload only loads them one after the other
      // Libraries change seldom: a browser keeps them over our own changes. Libraries of later pages come with those pages.
      rolldownOptions: {
        output: {
          codeSplitting: {
            groups: [
              { name: 'early', test: /\/src\/early\.ts$/ }, // before all others: it must wait for none
              { name: 'vendor', test: /node_modules/, tags: ['$initial'] },
              // One file: the more a first visit is cut into, the worse it is compressed.
              { name: 'first', test: /\/src\//, tags: ['$initial'] },
              { name: 'account', test: /\/src\/(account-pages\.tsx|i18n\/messages\/account\/en\.ts)$/ },
            ],
          },
        },
      },
    },
    // Mails and the origin check name this port, so that another one would not do.
    server: { port: 5173, strictPort: true, proxy: { '/trpc': api, '/api': api } },
    test: {
      maxWorkers: 2, // one core would be left free otherwise
      testTimeout: 60_000,
      hookTimeout: 60_000,
      environment: 'happy-dom',
      server: { deps: { inline: ['use-intl'] } }, // or the alias above does not reach it
      setupFiles: ['test/setup.ts'],
      reporters: ['default', 'json'],
      outputFile: { json: 'test-results/vitest.json' },
      projects: [
        // They import the page and its words once for all: that took two thirds of their time.
        {
          extends: true,
          test: { name: 'shared', include: ['test/**/*.test.{ts,tsx}'], exclude: [needsAProcess], isolate: false },
        },
        { extends: true, test: { name: 'own process', include: [needsAProcess] } },
      ],
    },
  }
})
