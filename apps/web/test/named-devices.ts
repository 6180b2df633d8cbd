export const chrome = {
  id: 'c',
  browser: 'Chrome',
  os: 'Windows',
  kind: 'desktop',
  isCurrent: false,
  name: null,
  ipAddress: '192.0.2.1',
  place: null,
} as const
export const safari = { ...chrome, id: 's', browser: 'Safari', os: 'iOS', kind: 'phone' } as const
