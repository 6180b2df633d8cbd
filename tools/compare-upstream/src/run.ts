import { fileURLToPath } from 'node:url'
import type { TestUserConfig } from 'vitest/config'
import { startVitest, type TestModule } from 'vitest/node'
import type { Outcomes } from './compare.js'
import { resolveUpstream } from './resolve.js'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The two instances that each test file runs on. */
const ALONE = 'better-auth alone'
const BESIDE = 'with Rollcall'

/** Milliseconds; better-auth's own limit is 10 s. */
const TEST_TIMEOUT_MS = 30_000

/**
 * Runs better-auth's test files twice: on better-auth alone, and with our plugin.
 *
 * @param source Folder `src` of better-auth's repository. The suites are files below it.
 * @throws {Error} if the run itself fails.
 */
export async function runSuites(source: string, suites: readonly string[]) {
  const projects = [ALONE, BESIDE].map((name) => ({
    plugins: [resolveUpstream(source, name === BESIDE)],
    // One after the other: some of the tests listen on ports of their own.
    test: { ...settings(source, suites), name, sequence: { groupOrder: name === ALONE ? 0 : 1 } },
  }))
  const vitest = await startVitest('test', [], {
    config: false,
    root: source,
    watch: false,
    projects,
    maxWorkers: 2,
    reporters: [{ onTestModuleEnd: report }],
  })
  try {
    const modules = vitest.state.getTestModules()
    return { alone: outcomesOf(modules, ALONE), beside: outcomesOf(modules, BESIDE) }
  } finally {
    await vitest.close()
  }
}

function settings(source: string, suites: readonly string[]): TestUserConfig {
  return {
    root: source,
    include: [...suites],
    setupFiles: [here('../harness/sqlite.ts')],
    globalSetup: [here('../harness/redis.ts')],
    execArgv: ['--expose-gc'],
    testTimeout: TEST_TIMEOUT_MS,
    // The client of Redis needs the others.
    fakeTimers: { toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] },
    // The tests replace modules that these import.
    server: {
      deps: {
        inline: [/better-auth\//, /better-fetch\//, /better-call\//, /jose\//, /rollcall\//, /packages\/\w+\/dist\//],
      },
    },
    silent: true,
  }
}

function report(module: TestModule): void {
  const states = [...module.children.allTests()].map((test) => test.result().state)
  const passed = states.filter((state) => state === 'passed').length
  console.log(`${module.relativeModuleId}, ${module.project.name}: ${passed} of ${states.length}`)
}

function outcomesOf(modules: readonly TestModule[], project: string): Outcomes {
  const outcomes: Outcomes = new Map()
  for (const module of modules.filter((module) => module.project.name === project)) {
    for (const test of module.children.allTests()) {
      const { state, errors = [] } = test.result()
      const name = `${module.relativeModuleId} > ${test.fullName}`
      const message = errors.map(({ message }) => message).join('; ')
      // Two tests may have one name.
      if (outcomes.get(name)?.passed !== false) outcomes.set(name, { passed: state === 'passed', message })
    }
  }
  return outcomes
}
