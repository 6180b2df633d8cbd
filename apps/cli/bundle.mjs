// The command in a few files. Node would look for some 500 modules of the libraries one by one, in twice the time of all else.
import { rmSync } from 'node:fs'
import { context } from 'esbuild'

rmSync('dist', { recursive: true, force: true }) // the names of the files change with what is in them

const bundle = await context({
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true, // what few commands need is loaded by these alone
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  external: ['libsql', 'pg-native'], // native code, and a package that pg works without
  // For the libraries that are CommonJS.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  logLevel: 'warning',
  logOverride: { 'ignored-bare-import': 'error' }, // a module with a side effect that its package does not name
})
if (process.argv.includes('--watch')) await bundle.watch()
else {
  await bundle.rebuild()
  await bundle.dispose()
}
