// npm run compare:upstream: runs better-auth's own tests on better-auth alone and with our plugin, and compares the outcomes
// with differences.json.
//   npm run compare:upstream                                  from GitHub
//   npm run compare:upstream -- file:///copies/better-auth    from a copy of its repository
//   npm run compare:upstream -- REPOSITORY v1.7.2             the tests of another tag
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
