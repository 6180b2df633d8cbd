'use client'

export type { DevicesClient, Revoked } from './client.js'
export { type Devices, devicesKey, DevicesProvider, type DevicesProviderProps, useDevices } from './devices.js'
export { type Problem, problemOf, problemOfStatus } from './problem.js'
export type { Device, SessionEnd, Place } from './wire.js'
