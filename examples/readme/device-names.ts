import { createNameOf, createStreams } from '@rollcall/devices'
import type { SessionChanges, SessionStore } from '@rollcall/session-store'

const nameOf = createNameOf([
  { userAgent: 'AcmeMail/', name: 'Acme Mail', kind: 'phone' }, // AcmeMail/3.1 (iPhone; iOS 26.1)
  { userAgent: /^AcmeSync\/\d/, name: 'Acme Sync', os: 'Linux', kind: 'desktop' },
])

export const openStreams = (store: SessionStore, changes: SessionChanges) => createStreams({ store, changes, nameOf })
