// Writes src/scripts/lua.generated.ts, before each build. A text that is up to date stays, or a watching compiler would start again.
import { readFileSync, writeFileSync } from 'node:fs'
import { bundleModule } from './bundle.js'

const generated = new URL('../src/scripts/lua.generated.ts', import.meta.url)
const text = bundleModule()
if (readFileSync(generated, 'utf8') !== text) writeFileSync(generated, text)
