import { DevicesProvider, type DevicesProviderProps, problemOf, useDevices } from '../src/index.js'
import { api } from './api.js'

export function DevicesPage({ sessionId, onEnded }: Omit<DevicesProviderProps, 'client'>) {
  return (
    <DevicesProvider client={api.account.gadgets} sessionId={sessionId} onEnded={onEnded}>
      <DeviceList />
    </DevicesProvider>
  )
}

function DeviceList() {
  const { list, live, revoke, revokeOthers } = useDevices()
  const error = list.error ?? revoke.error ?? revokeOthers.error
  const devices = list.data?.map(({ id, browser, os, isCurrent }) => (
    <li key={id}>
      {browser} on {os} {!isCurrent && <button onClick={() => revoke.mutate({ id })}>Sign out</button>}
    </li>
  ))
  return (
    <>
      <h1>Devices {live && '(live)'}</h1>
      {error && <p role="alert">{problemOf(error).kind}</p>}
      <ul>{devices}</ul>
      <button onClick={() => revokeOthers.mutate()}>Sign out all others</button>
    </>
  )
}
