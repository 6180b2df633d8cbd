import {
  Circle,
  CircleCheck,
  CircleX,
  Hourglass,
  KeyRound,
  LogIn,
  LogOut,
  type LucideIcon,
  Pencil,
  ShieldAlert,
} from 'lucide-react'
import { useRef } from 'react'
import type { ActivityEntry } from '../../api/trpc.js'
import { deviceName } from '../../i18n/device-name.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Time } from '../../i18n/time.js'
import { DevicePlace } from '../devices/device-place.js'
import { useProviderName } from '../../api/linked-providers.js'
import type { Question } from '../recognition/use-answers.js'
import { OnlyNotMe, WasThisYou } from '../recognition/was-this-you.js'
import { describeActivity } from './describe-activity.js'

/** They concern the account, and no device that could be somewhere. */
const withoutDevice: ReadonlySet<ActivityEntry['type']> = new Set([
  'banned',
  'unbanned',
  'administrator-added',
  'administrator-removed',
  'password-required',
  'all-by-operator',
])

const iconsByType: Record<ActivityEntry['type'], LucideIcon> = {
  'signed-in': LogIn,
  'signed-in-first': LogIn,
  'signed-out': LogOut,
  revoked: CircleX,
  'credentials-changed': CircleX,
  expired: Hourglass,
  capped: CircleX,
  'by-operator': CircleX,
  'all-by-operator': CircleX,
  'password-changed': KeyRound,
  'password-reset': KeyRound,
  banned: CircleX,
  unbanned: CircleCheck,
  'administrator-added': KeyRound,
  'administrator-removed': KeyRound,
  'password-required': KeyRound,
  'password-set': KeyRound,
  'password-removed': KeyRound,
  secured: ShieldAlert,
  'passkey-added': KeyRound,
  'passkey-removed': KeyRound,
  'passkey-renamed': Pencil,
  'name-changed': Pencil,
  'provider-linked': KeyRound,
  'provider-unlinked': KeyRound,
  'second-factor-on': KeyRound,
  'second-factor-off': KeyRound,
  'backup-codes-renewed': KeyRound,
  'email-changed': KeyRound,
  refused: ShieldAlert,
  renamed: Pencil,
  'sign-in-refused': ShieldAlert,
  'proof-refused': ShieldAlert,
  confirmed: CircleCheck,
}

/** A page may be older than the server, and then not know a type. */
const icons: Partial<Record<string, LucideIcon>> = iconsByType

interface ActivityItemProps {
  entry: ActivityEntry
  /** The day of the entry, if it is the first of that day. */
  day: string | null
  /** The level of the days in the headings of the page. Default: 2. */
  level?: 2 | 4
  now: number
  /** The sessions that are signed in; undefined while that is not known. */
  live: ReadonlySet<string> | undefined
  signOut: Question['signOut']
}

export function ActivityItem({ entry, day, level = 2, now, live, signOut }: ActivityItemProps) {
  const i18n = useI18n()
  const row = useRef<HTMLLIElement>(null)
  const providerName = useProviderName(entry.signInMethod?.kind === 'provider')
  const Icon = icons[entry.type] ?? Circle
  const Heading = `h${level}` as const
  return (
    <li ref={row} tabIndex={-1} data-row={entry.id}>
      {day !== null && (
        <Heading className="border-b border-line bg-sunken px-4 py-2 text-sm font-semibold sm:px-5">{day}</Heading>
      )}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3 p-4 sm:px-5">
        <div className="flex min-w-0 flex-[1_1_15rem] gap-3.5 sm:gap-4">
          <span className="grid size-9 shrink-0 place-items-center rounded-lg bg-sunken text-ink">
            <Icon aria-hidden className="size-4.5 stroke-[1.75]" />
          </span>
          <div className="min-w-0">
            <p className="font-medium text-pretty">{describeActivity(i18n, entry, providerName)}</p>
            <p className="mt-0.5 text-sm text-muted">
              <Time value={entry.at}>{i18n.clockTime(entry.at, now)}</Time>
              {!withoutDevice.has(entry.type) && (
                <>
                  <span aria-hidden className="max-sm:hidden">
                    {' · '}
                  </span>
                  <DevicePlace of={entry.by ?? entry.device} withAddress />
                </>
              )}
            </p>
          </div>
        </div>
        {entry.signIn && !entry.device.isCurrent && (
          <SignInQuestion
            entry={entry}
            signIn={entry.signIn}
            live={live}
            signOut={signOut}
            onConfirmed={() => row.current?.focus({ preventScroll: true })}
          />
        )}
      </div>
    </li>
  )
}

interface SignInQuestionProps extends Pick<ActivityItemProps, 'entry' | 'live' | 'signOut'> {
  signIn: NonNullable<ActivityEntry['signIn']>
  onConfirmed: () => void
}

/** Asked of every sign-in; with a mark where something stands out about it. */
function SignInQuestion({ entry: { device }, signIn, live, signOut, onConfirmed }: SignInQuestionProps) {
  const i18n = useI18n()
  const { sessionId, signs } = signIn
  const question: Question = {
    name: deviceName(i18n, device),
    ids: [sessionId],
    liveIds: live === undefined || live.has(sessionId) ? [sessionId] : [],
    signOut,
  }
  return signs.length > 0 ? (
    <WasThisYou question={question} signs={signs} place={device.place} onConfirmed={onConfirmed} />
  ) : (
    <OnlyNotMe question={question} className="max-sm:ml-12.5" />
  )
}
