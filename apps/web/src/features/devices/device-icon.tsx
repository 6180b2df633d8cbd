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
import type { Device } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'

const kinds: Record<Device['kind'], LucideIcon> = {
  desktop: Monitor,
  phone: Smartphone,
  tablet: Tablet,
  tv: Tv,
  console: Gamepad2,
  program: SquareTerminal,
  unknown: MonitorSmartphone,
}

export function DeviceIcon({ kind }: { kind: Device['kind'] }) {
  const { t } = useI18n()
  const Icon = kinds[kind]
  return (
    <span className="grid size-11 shrink-0 place-items-center rounded-xl bg-sunken text-ink sm:size-12">
      <Icon aria-hidden className="size-5.5 stroke-[1.75] sm:size-6" />
      <span className="sr-only">{t(`devices.kind.${kind}`)}</span>
    </span>
  )
}
