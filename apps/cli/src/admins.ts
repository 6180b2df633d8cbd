import { userInfo } from 'node:os'
import { recordWork, UnknownUserError, userIdsOf, type Work } from '@rollcall/api/operator'
import { counted, type Output } from './output.js'
import { withServices } from './services.js'

/**
 * Makes a user an administrator and lifts a ban, or takes the role back. A row in SQL says who did it, and the audit line is on
 * standard error: no server does this, whose log would have it. Nothing happens if it is so already.
 */
export async function setAdministrator(named: string, isAdmin: boolean, output: Output): Promise<void> {
  await withServices(async ({ auth, clock, database }) => {
    const [userId = ''] = await userIdsOf([named], database.kysely)
    const person = await auth.findUser(userId)
    if (person === null) throw new UnknownUserError(named)
    const { id, email } = person
    const by = { filter: { users: [id] }, startedBy: userInfo().username }
    const record = (action: Work['action'], work: () => Promise<unknown>): Promise<void> =>
      recordWork(database, { ...by, action, at: new Date(clock()) }, work)
    const isToUnban = isAdmin && person.isBanned
    const isChanged = isToUnban || person.isAdmin !== isAdmin
    if (person.isAdmin !== isAdmin)
      await record(isAdmin ? 'add-administrator' : 'remove-administrator', () => auth.setAdministrator(id, isAdmin))
    if (isToUnban) await record('unban', () => auth.unban(id))
    const state = isAdmin ? 'an administrator' : 'no administrator'
    output.result({ id, email, isAdmin, isChanged }, `${email} is ${isChanged ? 'now' : 'already'} ${state}.`)
  }, 'info')
}

export async function listAdministrators(output: Output): Promise<void> {
  await withServices(async ({ auth }) => {
    const people = await auth.listAdministrators()
    for (const { id, email, name, isBanned } of people)
      output.result({ id, email, name, isBanned }, `${id}  ${email}  ${name}${isBanned ? '  (blocked)' : ''}`)
    output.note(counted(people.length, 'administrator'))
  })
}
