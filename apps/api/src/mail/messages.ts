import type { DeviceName, Place } from '@rollcall/devices'

/** One mail, as its reader sees it. */
export interface Message {
  readonly subject: string
  readonly text: string
  readonly html: string
}

export interface NewDeviceFacts {
  readonly device: Pick<DeviceName, 'browser' | 'os'>
  readonly ipAddress: string | null
  readonly place: Place | null
  readonly at: Date
}

/** Without the name on the account: someone who signed up with another person's address could write to them through it. */
export function resetMessage(url: string, site: string): Message {
  return linkMail({
    subject: 'Choose a new password',
    before: [
      'Hello,',
      `someone, hopefully you, asked for a new password for your account at ${site}.`,
      'Choose it here. The link works once, within one hour:',
    ],
    link: { url, label: 'Choose a new password' },
    after: [
      'All devices will be signed out then, and you sign in again with the new password.',
      'If it was not you, do nothing: your password stays as it is.',
    ],
  })
}

const countries = new Intl.DisplayNames('en', { type: 'region' })
const time = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

export function newDeviceMessage({ device, ipAddress, place, at }: NewDeviceFacts, url: string, site: string): Message {
  const name = device.os === '' ? device.browser : `${device.browser} on ${device.os}`
  const address = ipAddress ?? 'an address that is not known'
  return linkMail({
    subject: 'New device signed in to your account',
    before: [
      'Hello,',
      `someone signed in to your account at ${site} from a device that was not used for it before:`,
      `${name}, from ${address}${placeWords(place)}, on ${time.format(at)} (UTC).`,
      'If it was you, there is nothing to do.',
      'If it was not you, someone else knows your password. Use this link, which works once, within seven days. It signs out every device and sends you another mail to choose a new password:',
    ],
    link: { url, label: 'This was not me' },
    after: ['Nothing happens before you confirm it on the page that opens.'],
  })
}

function placeWords(place: Place | null): string {
  if (place === null) return ''
  return place.kind === 'local' ? ' (local network)' : ` (approximately: ${countries.of(place.code)})`
}

interface LinkMail {
  readonly subject: string
  readonly before: readonly string[]
  readonly link: { readonly url: string; readonly label: string }
  readonly after: readonly string[]
}

function linkMail({ subject, before, link, after }: LinkMail): Message {
  const paragraphs = (lines: readonly string[]): string => lines.map((line) => `<p>${escape(line)}</p>`).join('\n')
  return {
    subject,
    text: [...before, link.url, ...after].join('\n\n'),
    html: `${paragraphs(before)}\n<p><a href="${escape(link.url)}">${escape(link.label)}</a></p>\n${paragraphs(after)}\n`,
  }
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
