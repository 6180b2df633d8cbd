// Runs better-auth's own tests on better-auth alone and with our plugin. Compares the outcomes with differences.json.
// The arguments of `npm run compare:upstream` are a repository, by default the one on GitHub, and a tag.
import { checkOut } from './checkout.js'
import { compare } from './compare.js'
import { readDifferences } from './differences.js'
import { runSuites } from './run.js'
import { SUITES, TESTS } from './suites.js'

const [repository = 'https://github.com/better-auth/better-auth.git', tag = TESTS.tag] = process.argv.slice(2)
const differences = readDifferences()
console.log(`Checking out ${tag} of ${repository} ...`)
const { alone, beside } = await runSuites(await checkOut(repository, tag), SUITES)
const { problems, passed, byDesign, notApplicable, failedAlone } = compare(alone, beside, differences)
console.log(`
better-auth's tests at ${tag}: ${alone.size}
  ${failedAlone} fail on better-auth alone, and are not compared
  ${passed} pass with Rollcall
  ${byDesign} differ by design
  ${notApplicable} do not apply
${problems.join('\n')}`)
process.exitCode = problems.length === 0 ? 0 : 1
