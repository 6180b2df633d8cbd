// To start a Redis takes longer than most tests do. So in a process that repeats tests, a server goes from one to the next,
// unless a test changed more than its data.
import { connect } from 'node:net'

/** @typedef {import('../tools/dev-redis/src/index.js').PrivateRedis} PrivateRedis */
/** @typedef {typeof import('../tools/dev-redis/src/index.js').startRedis} StartRedis */

/** Milliseconds for a server to become as new. One that takes longer is stopped. */
const RESET_MS = 2_000
const RESET = [
  'CLIENT KILL TYPE normal SKIPME yes',
  'CLIENT KILL TYPE pubsub',
  'FLUSHALL SYNC',
  'SCRIPT FLUSH',
  'CONFIG RESETSTAT',
]
/** All that a test can change besides. */
const STATE = ['CONFIG GET *', 'ACL LIST', 'FUNCTION LIST']

/** @param {StartRedis} startNew @returns {StartRedis} */
export function reuse(startNew) {
  /** @type {{ server: PrivateRedis, state: string }[]} */
  const idle = []
  return async (...options) => {
    if (options.length > 0) return await startNew(...options)
    const { server, state } = idle.pop() ?? (await withState(startNew))
    let isInUse = true
    let isUnchanged = true
    const stop = async () => {
      if (!isInUse) return
      isInUse = false
      const replies = isUnchanged ? await ask(server.url, [...RESET, ...STATE]).catch(() => '') : ''
      if (replies.endsWith(state)) idle.push({ server, state })
      else await server.stop()
    }
    return {
      url: server.url,
      get pid() {
        isUnchanged = false // who knows it sends signals
        return server.pid
      },
      async restart() {
        isUnchanged = false
        await server.restart()
      },
      stop,
      [Symbol.asyncDispose]: stop,
    }
  }
}

/** @param {StartRedis} startNew */
async function withState(startNew) {
  const server = await startNew()
  return { server, state: await ask(server.url, STATE) }
}

/** The replies to commands, as they come. @param {string} socket @param {readonly string[]} commands @returns {Promise<string>} */
async function ask(socket, commands) {
  const client = connect(socket)
  const late = setTimeout(() => client.destroy(new Error(`No reply within ${RESET_MS} ms`)), RESET_MS)
  client.write([...commands, 'PING', ''].join('\r\n'))
  let replies = ''
  for await (const chunk of client) {
    replies += String(chunk)
    if (replies.endsWith('+PONG\r\n')) break
  }
  clearTimeout(late)
  client.destroy()
  if (!replies.endsWith('+PONG\r\n')) throw new Error('The connection was closed')
  return replies
}
