import { useQuery } from '@tanstack/react-query'
import { ChevronRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { type Device, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { I18n } from '../../i18n/i18n.js'
import { withPlace } from '../../i18n/place.js'
import { useProviderName } from '../../api/linked-providers.js'

/** The facts of a session, in place. A mouse, a finger and a keyboard open them alike. */
export function SessionFacts({ device, name }: { device: Device; name: string }) {
  const i18n = useI18n()
  const { t, exactTime } = i18n
  const [isOpen, setIsOpen] = useState(false)
  const methods = [device.signInMethod, device.proofMethod]
  const providerName = useProviderName(isOpen && methods.some((method) => method?.kind === 'provider'))
  return (
    <details
      className="group -mt-2 basis-full text-sm not-open:-mb-2"
      onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}
    >
      <summary className="-ml-1 inline-flex min-h-11 cursor-pointer list-none items-center gap-1 rounded-lg pr-2 text-muted hover:text-ink [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-4 shrink-0 transition-transform group-open:rotate-90" />
        {t('facts.title')} <span className="sr-only">{t('facts.of', { device: name })}</span>
      </summary>
      <dl className="grid grid-cols-[repeat(auto-fit,minmax(min(100%,16rem),1fr))] gap-x-6 gap-y-2 rounded-lg bg-sunken p-3">
        <Fact name={t('facts.signedIn')}>{exactTime(device.createdAt)}</Fact>
        {device.signInMethod && (
          <Fact name={t('facts.how')}>{methodName(i18n, device.signInMethod, providerName)}</Fact>
        )}
        <Fact name={t('facts.lastSeen')}>{exactTime(device.lastSeenAt)}</Fact>
        {device.ipAddress !== null && (
          <Fact name={t('facts.address')}>{withPlace(i18n, device.place, device.ipAddress)}</Fact>
        )}
        {device.authenticatedAt !== device.createdAt && (
          <Fact name={t('facts.proved')}>
            {exactTime(device.authenticatedAt)}
            {device.proofMethod && ` (${methodName(i18n, device.proofMethod, providerName)})`}
          </Fact>
        )}
        <Fact name={t('facts.expires')}>{exactTime(device.expiresAt)}</Fact>
        {isOpen && <MoreFacts device={device} />}
      </dl>
    </details>
  )
}

/** Shows the sign-ins of the device from its activity, as far as they add something. It reads them only once it is opened. */
function MoreFacts({ device: { id, authenticatedAt, ipAddress: ownAddress } }: { device: Device }) {
  const i18n = useI18n()
  const { t, exactTime } = i18n
  const api = useApi()
  const { data: details, isError } = useQuery({
    queryKey: ['details', id, authenticatedAt] /* a sign-in renews both */,
    queryFn: () => api.devices.details.query({ id }),
  })
  if (isError) return <Note>{t('facts.notLoaded')}</Note>
  if (details === undefined) return <Note>{t('facts.loading')}</Note>
  if (details === null) return null
  const { firstSignInAt, lastSignInAt, signIns, addresses, userAgent } = details
  const known = addresses.flatMap(({ ipAddress, place }) => (ipAddress === null ? [] : { ipAddress, place }))
  return (
    <>
      {signIns > 1 && (
        <>
          <Fact name={t('facts.firstSignIn')}>{exactTime(firstSignInAt)}</Fact>
          <Fact name={t('facts.lastSignIn')}>
            {exactTime(lastSignInAt)} ({t('facts.signIns', { count: signIns })})
          </Fact>
        </>
      )}
      {known.some(({ ipAddress }) => ipAddress !== ownAddress) && (
        <Fact name={t('facts.addresses')}>
          {known.map(({ ipAddress, place }) => (
            <span key={ipAddress} className="block">
              {withPlace(i18n, place, ipAddress)}
            </span>
          ))}
        </Fact>
      )}
      {userAgent !== null && <Fact name={t('facts.agent')}>{userAgent}</Fact>}
    </>
  )
}

function methodName(
  { t }: I18n,
  method: NonNullable<Device['signInMethod']>,
  providerName: ReturnType<typeof useProviderName>,
): string {
  return method.kind === 'provider'
    ? t('facts.method.provider', { provider: providerName(method.provider) })
    : t(`facts.method.${method.kind}`)
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** In place of facts that are not there. */
function Note({ children }: { children: string }) {
  return (
    <div role="status" className="col-span-full text-muted">
      <dt className="sr-only">{children}</dt>
      <dd>{children}</dd>
    </div>
  )
}
