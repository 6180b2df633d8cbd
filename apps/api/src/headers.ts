import { createMiddleware } from 'hono/factory'
import { secureHeaders } from 'hono/secure-headers'

export const CSP_REPORT_PATH = '/csp-report'

const unused = [
  'accelerometer',
  'camera',
  'displayCapture',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'usb',
] as const

export function securityHeaders(baseUrl: string) {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      manifestSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      reportUri: CSP_REPORT_PATH,
      reportTo: 'csp',
    },
    reportingEndpoints: [{ name: 'csp', url: CSP_REPORT_PATH }],
    // Other names below the same domain are not ours to decide about.
    strictTransportSecurity: baseUrl.startsWith('https://') ? 'max-age=31536000' : false,
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
    permissionsPolicy: Object.fromEntries(unused.map((feature) => [feature, []])),
  })
}

/** Answers are one person's, unless something says otherwise. */
export const noStore = createMiddleware(async (c, next) => {
  await next()
  if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store')
})
