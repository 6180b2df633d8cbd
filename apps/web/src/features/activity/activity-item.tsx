import {
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
import type { ActivityEntry } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Time } from '../../i18n/time.js'
import { Where } from '../devices/where.js'
import { describeActivity } from './describe-activity.js'

const icons: Record<ActivityEntry['type'], LucideIcon> = {
  'signed-in': LogIn,
  'signed-in-first': LogIn,
  'signed-out': LogOut,
  revoked: CircleX,
  reset: CircleX,
  expired: Hourglass,
  capped: CircleX,
  'by-operator': CircleX,
  'all-by-operator': CircleX,
  'password-changed': KeyRound,
  'password-reset': KeyRound,
  secured: ShieldAlert,
  refused: ShieldAlert,
  renamed: Pencil,
  'sign-in-refused': ShieldAlert,
  'proof-refused': ShieldAlert,
  confirmed: CircleCheck,
}

/** @param day of the entry, where it is the first of that day */
export function ActivityItem({ entry, day, now }: { entry: ActivityEntry; day: string | null; now: number }) {
  const i18n = useI18n()
  const Icon = icons[entry.type]
  return (
    <li>
      {day !== null && (
        <h2 className="border-b border-line bg-sunken px-4 py-2 text-sm font-semibold sm:px-5">{day}</h2>
      )}
      <div className="flex gap-3.5 p-4 sm:gap-4 sm:px-5">
        <span className="grid size-9 shrink-0 place-items-center rounded-lg bg-sunken text-ink">
          <Icon aria-hidden className="size-4.5 stroke-[1.75]" />
        </span>
        <div className="min-w-0">
          <p className="font-medium text-pretty">{describeActivity(i18n, entry)}</p>
          <p className="mt-0.5 text-sm text-muted">
            <Time value={entry.at}>{i18n.clockTime(entry.at, now)}</Time>
            <span aria-hidden className="max-sm:hidden">
              {' · '}
            </span>
            <Where of={entry.by ?? entry.device} withAddress />
          </p>
        </div>
      </div>
    </li>
  )
}
