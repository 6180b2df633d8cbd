import type { Answer } from '@rollcall/dev-auth'
import type { Browser } from './helpers.js'

export interface Ceremonies {
  get(path: string): Promise<Answer>
  post(path: string, body?: object): Promise<Answer>
}

/** The browser as the ceremonies of a passkey use it. */
export function ceremonies(device: Browser): Ceremonies {
  const answer = async (response: Response): Promise<Answer> => {
    const text = await response.text()
    const setCookies = response.headers.getSetCookie()
    return { status: response.status, text, body: JSON.parse(text) as unknown, setCookies, headers: response.headers }
  }
  return {
    get: async (path: string) => answer(await device.request(`/api/auth${path}`)),
    post: async (path: string, body: object = {}) => answer(await device.post(`/api/auth${path}`, body)),
  }
}

/** The browser of somebody who meets an outage in the middle of a ceremony: after its challenge, and before the answer. */
export const failingAt = (device: Browser, begin: () => Promise<() => unknown>): Ceremonies => ({
  ...ceremonies(device),
  async post(path, body) {
    const end = await begin()
    try {
      return await ceremonies(device).post(path, body)
    } finally {
      await end()
    }
  },
})
