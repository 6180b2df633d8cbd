import { userInfo } from 'node:os'
import { newOperationId } from '@rollcall/admin'
import { recordWork, userIdsOf } from '@rollcall/api/operator'
import type { Output } from './output.js'
import { UsageError } from './revoke.js'
import { withServices } from './services.js'

/** Makes a user an administrator, or takes that back. A row in SQL says who did it. Nothing happens if it is so already. */
export async function setAdministrator(named: string, isAdmin: boolean, output: Output): Promise<void> {
  await withServices(async ({ auth, clock, database }) => {
    const [userId = ''] = await userIdsOf([named], database.kysely)
    const person = await auth.findUser(userId)
    if (person === null) throw new UsageError(`There is no user ${named}`)
    const { id, email } = person
    const isChanged = person.isAdmin !== isAdmin
    if (isChanged) {
      const at = new Date(clock())
      const row = {
        id: newOperationId(at),
        at: at.getTime(),
        action: isAdmin ? 'add-administrator' : 'remove-administrator',
        filter: JSON.stringify({ users: [id] }),
        reason: '',
        note: '',
        started_by: userInfo().username,
      }
      await recordWork(database, row, async () => {
        await auth.setAdministrator(id, isAdmin)
        return 0
      })
    }
    const state = isAdmin ? 'an administrator' : 'no administrator'
    output.result({ id, email, isAdmin, isChanged }, `${email} is ${isChanged ? 'now' : 'already'} ${state}.`)
  })
}

export async function listAdministrators(output: Output): Promise<void> {
  await withServices(async ({ auth }) => {
    const people = await auth.listAdministrators()
    for (const { id, email, name, isBanned } of people)
      output.result({ id, email, name, isBanned }, `${id}  ${email}  ${name}${isBanned ? '  (blocked)' : ''}`)
    output.note(`${people.length} administrators`)
  })
}
