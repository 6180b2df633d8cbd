#!/usr/bin/env node
import { constants } from 'node:os'
import { inspect } from 'node:util'
import {
  type Filter,
  InvalidFilterError,
  OperationStateError,
  OperationTakenOverError,
  UnknownOperationError,
} from '@rollcall/admin'
import { isWithoutAnswer, SettingsError, StartError, UnknownUserError, userIdsOf } from '@rollcall/api/operator'
import { MovingSlotsError, SessionStoreUnavailableError } from '@rollcall/session-store'
import { Command, CommanderError } from 'commander'
import { type Connections, withAdmin, withConnections } from './connections.js'
import { doctor } from './doctor.js'
import { addFilterOptions, type FilterOptions, hasFilter, knownUsers, readFilter } from './filter-options.js'
import {
  counted,
  createOutput,
  describeSession,
  operationLine,
  type Output,
  sessionLine,
  surviveReaders,
} from './output.js'
import { resume, revoke, type RevokeOptions } from './revoke.js'
import { UsageError } from './usage-error.js'
import type { ResetOptions } from './users.js'

/** 0: done. 1: failed, also where Redis or SQL refuses something. 2: the input is wrong, and nothing was done. 3: Redis or SQL gave no answer. */
const [FAILED, WRONG_INPUT, UNAVAILABLE] = [1, 2, 3]

const program = new Command('rollcall')
  .description('Find and revoke sessions, whether or not a server runs. It reads the settings of the server.')
  .option('--json', 'one JSON object a line')
  .exitOverride()
  .showHelpAfterError()
  .configureOutput({
    writeErr: (text) => {
      if (!output().isJson) process.stderr.write(text)
    },
  })
  .addHelpText(
    'after',
    `
Examples:
  rollcall sessions list ada@example.org
  rollcall find --address 203.0.113.0/24 --signed-in-after 2h
  rollcall revoke --address 203.0.113.0/24 --reason "Unusual traffic"        shows what it would revoke
  rollcall revoke --address 203.0.113.0/24 --reason "Unusual traffic" --confirm 12
  rollcall revoke --everyone --reason "Security update" --confirm 250000
  rollcall admins add ada@example.org

Exit codes: 0 done, 1 failed (also if Redis or SQL refuses something), 2 wrong input and nothing was done,
3 Redis or SQL gave no answer (resume the operation later), 130 Ctrl-C, 143 SIGTERM.`,
  )

const output = (): Output => createOutput(program.opts<{ json?: true }>().json === true)

const sessions = program.command('sessions').description('The sessions of one user')
sessions
  .command('list <email|id>')
  .description('list the live sessions of a user')
  .action((name: string) =>
    withConnections('read', async (connections) =>
      listSessions(connections, { users: await userIdsOf([name], connections.database.kysely) }),
    ),
  )

addFilterOptions(program.command('find').description('find live sessions; all conditions must hold')).action(
  (options: FilterOptions) =>
    withConnections('read', async (connections) =>
      listSessions(connections, await readFilter(options, connections, output()), options),
    ),
)

async function listSessions(
  { admin, database }: Connections,
  filter: Filter,
  options: FilterOptions = {},
): Promise<void> {
  let count = 0
  for await (const session of admin.find(filter)) {
    count += 1
    output().result(describeSession(session), sessionLine(session))
    if (output().isUnread()) return
  }
  // A mistyped id has no sessions either. The sessions of a user who was deleted are found.
  if (count === 0) await knownUsers(filter.users ?? [], options, database, output())
  output().note(counted(count, 'session'))
}

addFilterOptions(
  program
    .command('revoke')
    .description('sign out what `find` finds; without --confirm, it only shows what it would do')
    .option('--everyone', 'the sessions of everybody, instead of a filter')
    .option('--confirm <count>', 'revoke, if this is the number of sessions (within 2 %)')
    .option('--reason <text>', 'public: the people concerned see it')
    .option('--note <text>', 'internal: only operators see it')
    .option('--keep <session id>', 'a session that stays, such as your own')
    .option(
      '--max-rate <users>',
      'look at no more users than this in a second, on average (a step takes some hundred)',
    ),
).action(async (options: RevokeOptions & { everyone?: true }) => {
  const { everyone } = options
  if (everyone === true && hasFilter(options)) throw new UsageError('--everyone cannot be combined with a filter')
  if (everyone !== true && !hasFilter(options)) throw new UsageError('Give a filter, or add --everyone')
  await withConnections('revoke', async (connections: Connections) => {
    const filter = everyone === true ? null : await readFilter(options, connections, output())
    await revoke(connections, filter, options, output())
  })
})

const operations = program
  .command('operations')
  .description(
    'Revocations and required password resets of the last 90 days: the newest 100, and all that are not done',
  )
operations
  .command('list')
  .description('list operations, newest first')
  .action(() =>
    withAdmin('read', async (admin) => {
      for (const operation of await admin.operations.list()) output().result(operation, operationLine(operation))
    }),
  )
operations
  .command('show <id>')
  .description('show an operation with its counts')
  .action((id: string) =>
    withAdmin('read', async (admin) => {
      const operation = await admin.operations.get(id)
      output().result(operation, JSON.stringify(operation, null, 2))
    }),
  )
operations
  .command('resume <id>')
  .description('run an operation again that was interrupted, stopped or failed; nothing is done twice')
  .action(async (id: string) => {
    const isRevocation = await withConnections('revoke', async (connections) => {
      const { action } = await connections.admin.operations.get(id)
      if (action === 'revoke') await resume(connections, id, output())
      return action === 'revoke'
    })
    if (isRevocation) return
    const { resumePasswordReset } = await import('./users.js')
    await resumePasswordReset(id, output())
  })
operations
  .command('stop <id>')
  .description('stop an operation, wherever it runs')
  .action((id: string) =>
    withAdmin('revoke', async (admin) => {
      await admin.operations.stop(id)
      output().result({ id, stopping: true }, `The operation ${id} stops within about a second.`)
    }),
  )

addFilterOptions(
  program
    .command('users')
    .description('Accounts')
    .command('require-password-reset [email|id...]')
    .description(
      'sign out users, make their passwords stop working, and have reset mails sent; a filter finds their sessions',
    )
    .option('--everyone', 'all users')
    .option('--confirm <count>', 'do it, if this is the number of users (within 2 %)'),
).action(async (named: string[], options: ResetOptions) => {
  // It loads all of the server, which takes a second.
  const { requirePasswordReset } = await import('./users.js')
  await requirePasswordReset(named, options, output())
})

const admins = program.command('admins').description('The people who may use the page of administrators')
admins
  .command('add <email|id>')
  .description('make a user an administrator, and lift a ban')
  .action(async (name: string) => {
    const { setAdministrator } = await import('./admins.js')
    await setAdministrator(name, true, output())
  })
admins
  .command('remove <email|id>')
  .description('take that back; it holds from the next request on')
  .action(async (name: string) => {
    const { setAdministrator } = await import('./admins.js')
    await setAdministrator(name, false, output())
  })
admins
  .command('list')
  .description('list the administrators')
  .action(async () => {
    const { listAdministrators } = await import('./admins.js')
    await listAdministrators(output())
  })

program
  .command('doctor')
  .description('look for what would break a promise, and say what to do')
  .action(async () => {
    if (!(await doctor(output()))) process.exitCode = FAILED
  })

const wrongInputs = [
  InvalidFilterError,
  OperationStateError,
  UnknownOperationError,
  UnknownUserError,
  UsageError,
  SettingsError,
]

/** The policy of better-auth's rows throws an error of better-auth, whose cause is the store's. */
function unwrap(error: unknown): unknown {
  if (error instanceof StartError) return error // which says it better
  return error instanceof Error && error.cause instanceof SessionStoreUnavailableError ? error.cause : error
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_INPUT
  if (error instanceof OperationTakenOverError) return FAILED // it has done a part
  if (wrongInputs.some((type) => error instanceof type)) return WRONG_INPUT
  return isWithoutAnswer(error) ? UNAVAILABLE : FAILED
}

/** One line where it says all that a person needs, else the error with its stack. */
function describeError(error: unknown): string {
  if (error instanceof SessionStoreUnavailableError && error.cause instanceof Error)
    return `${error.message} (${error.cause.message})`
  const types = [...wrongInputs, MovingSlotsError, StartError]
  return error instanceof Error && types.some((type) => error instanceof type) ? error.message : inspect(error)
}

// Without a handler, the first process of a container ignores both.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => process.exit(128 + constants.signals[signal]))

surviveReaders()
try {
  await program.parseAsync()
} catch (thrown) {
  const error = unwrap(thrown)
  process.exitCode = exitCodeOf(error)
  if (!(error instanceof CommanderError)) output().fail(describeError(error))
  else if (process.exitCode !== 0 && output().isJson) output().fail(error.message)
}
