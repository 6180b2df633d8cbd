import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Device } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'

/** All that is known of a session, in place: for those who want it exactly, with whatever they point or type. */
export function SessionFacts({ device, name }: { device: Device; name: string }) {
  const { t, exactTime } = useI18n()
  return (
    <details className="group basis-full text-sm">
      <summary className="inline-flex min-h-8 max-sm:ml-13.5 sm:ml-15 cursor-pointer list-none items-center gap-1 rounded-lg pr-2 text-muted hover:text-ink [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-4 shrink-0 transition-transform group-open:rotate-90" />
        {t('facts.title')} <span className="sr-only">{t('facts.of', { device: name })}</span>
      </summary>
      <dl className="mt-1 grid grid-cols-[repeat(auto-fit,minmax(min(100%,16rem),1fr))] gap-x-6 gap-y-2 rounded-lg bg-sunken p-3">
        <Fact name={t('facts.signedIn')}>{exactTime(device.createdAt)}</Fact>
        <Fact name={t('facts.lastSeen')}>{exactTime(device.lastSeenAt)}</Fact>
        <Fact name={t('facts.expires')}>{exactTime(device.expiresAt)}</Fact>
        <Fact name={t('facts.address')}>{device.ipAddress ?? t('common.addressUnknown')}</Fact>
      </dl>
    </details>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
