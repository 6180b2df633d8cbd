import type { Device, StreamMessage } from './wire.js'

/** The part of a tRPC client at which the application mounts `createDevicesRouter`, under any name. */
export interface DevicesClient {
  readonly list: { query(): Promise<Device[]> }
  readonly changes: { subscribe(input: undefined, observer: StreamObserver): { unsubscribe(): void } }
  readonly revoke: { mutate(input: { id: string }): Promise<Revoked> }
  readonly revokeMany: { mutate(input: { ids: string[] }): Promise<Revoked> }
  readonly revokeOthers: { mutate(): Promise<Revoked> }
  readonly revokeAll: { mutate(): Promise<Revoked> }
}

interface StreamObserver {
  onData(message: StreamMessage): void
  /** With an error while the connection is lost and being made again. */
  onConnectionStateChange(state: { readonly error: unknown }): void
  onError(error: unknown): void
  onComplete(): void
}

/** How many sessions were revoked. */
export interface Revoked {
  revoked: number
}
