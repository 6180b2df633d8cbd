import { isCluster } from '@rollcall/session-store'
import type { Cluster, Command, Redis } from 'ioredis'

/** `error_reply`: Redis refused the command. `no_reply`: it may or may not have run. */
type CommandFailure = 'error_reply' | 'no_reply'

/** Calls `begin` before each command of a client, on each node of a Cluster, and what that returns with the outcome. */
export function watchCommands(
  client: Redis | Cluster,
  begin: (command: Command) => (failure?: CommandFailure) => void,
): void {
  if (isCluster(client)) {
    client.on('+node', (node: Redis) => watchNode(node, begin))
    for (const node of client.nodes()) watchNode(node, begin)
  } else watchNode(client, begin)
}

function watchNode(node: Redis, begin: Parameters<typeof watchCommands>[1]): void {
  const send = node.sendCommand
  node.sendCommand = (command: Command, ...rest) => {
    const end = begin(command)
    const reply = send.call(node, command, ...rest)
    command.promise.then(
      () => end(),
      (error: unknown) => end(error instanceof Error && error.name === 'ReplyError' ? 'error_reply' : 'no_reply'),
    )
    return reply
  }
}
