import {
  Gamepad2,
  type LucideIcon,
  Monitor,
  MonitorSmartphone,
  Smartphone,
  SquareTerminal,
  Tablet,
  Tv,
} from 'lucide-react'
import type { Device } from '../trpc.js'

const kinds: Record<Device['kind'], { Icon: LucideIcon; word: string }> = {
  desktop: { Icon: Monitor, word: 'Computer' },
  phone: { Icon: Smartphone, word: 'Phone' },
  tablet: { Icon: Tablet, word: 'Tablet' },
  tv: { Icon: Tv, word: 'Television' },
  console: { Icon: Gamepad2, word: 'Game console' },
  program: { Icon: SquareTerminal, word: 'Program' },
  unknown: { Icon: MonitorSmartphone, word: 'Device of unknown kind' },
}

export function DeviceIcon({ kind }: { kind: Device['kind'] }) {
  const { Icon, word } = kinds[kind]
  return (
    <span className="grid size-11 shrink-0 place-items-center rounded-xl bg-sunken text-ink sm:size-12">
      <Icon aria-hidden className="size-5.5 stroke-[1.75] sm:size-6" />
      <span className="sr-only">{word}</span>
    </span>
  )
}
