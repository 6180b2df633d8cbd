import {
  CircleQuestionMark,
  Gamepad2,
  type LucideIcon,
  Monitor,
  Smartphone,
  SquareTerminal,
  Tablet,
  Tv,
} from 'lucide-react'
import type { Device } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { BrandMark } from './brand-mark.js'

const kinds = {
  desktop: Monitor,
  phone: Smartphone,
  tablet: Tablet,
  tv: Tv,
  console: Gamepad2,
  program: SquareTerminal,
  unknown: CircleQuestionMark,
} satisfies Record<Device['kind'], LucideIcon>

export function DeviceIcon({ device }: { device: Pick<Device, 'kind' | 'browser' | 'os'> }) {
  const { t } = useI18n()
  const kind = device.kind in kinds ? device.kind : 'unknown' // a newer server may know others
  const Icon = kinds[kind]
  return (
    <span className="relative grid size-11 shrink-0 place-items-center rounded-xl bg-sunken text-ink sm:size-12">
      <Icon aria-hidden className="size-5.5 stroke-[1.75] sm:size-6" />
      <span className="sr-only">{t(`devices.kind.${kind}`)}</span>
      <BrandMark device={device} />
    </span>
  )
}
