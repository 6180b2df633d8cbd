import { callAuth } from '../../api/auth.js'
import { expectedSessionHeaders } from '../../api/expected-session.js'

export type CodeKind = 'totp' | 'backup-code'

/** The secret for the authenticator app, and the backup codes. They are shown once. */
export interface NewFactor {
  readonly totpURI: string
  readonly backupCodes: readonly string[]
}

export interface Choice {
  /** Left out for an account without one. */
  readonly password?: string
  readonly revokeOtherSessions?: boolean
}

/** Makes a secret and backup codes. They count once a code of the app was given. */
export async function enrol(choice: Choice): Promise<NewFactor> {
  const answer = await change('enable', choice)
  return { totpURI: textIn(answer, 'totpURI'), backupCodes: codesIn(answer) }
}

export async function renewBackupCodes(choice: Choice): Promise<readonly string[]> {
  return codesIn(await change('generate-backup-codes', choice))
}

export async function turnOff(choice: Choice): Promise<void> {
  await change('disable', choice)
}

/** Goes on with a sign-in, turns the factor on, or proves who the person of the session is. */
export async function verifyCode(
  kind: CodeKind,
  code: string,
  more: { readonly trustDevice?: boolean; readonly revokeOtherSessions?: boolean } = {},
): Promise<void> {
  await change(`verify-${kind}`, { code, ...more })
}

async function change(action: string, body: object): Promise<object> {
  const answer = await callAuth(`/two-factor/${action}`, { ...body }, expectedSessionHeaders())
  return typeof answer === 'object' && answer !== null ? answer : {}
}

function textIn(answer: object, name: string): string {
  const value: unknown = Object.entries(answer).find(([key]) => key === name)?.[1]
  return typeof value === 'string' ? value : ''
}

function codesIn(answer: object): readonly string[] {
  return 'backupCodes' in answer && Array.isArray(answer.backupCodes) ? answer.backupCodes.map(String) : []
}
