import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { type PrivateNode, startCluster, startSentinel } from '../src/index.js'
import { ask, isAlive, until } from './helpers.js'

// That a server dies with its parent and leaves no folder is tested for one; these are several of the same.

async function isMaster({ server }: PrivateNode): Promise<boolean> {
  return (await ask(server.url, 'INFO replication')).includes('role:master')
}

async function leaveNothing(all: readonly PrivateNode[]): Promise<void> {
  for (const { server } of all) {
    expect(isAlive(server.pid)).toBe(false)
    expect(existsSync(dirname(server.url))).toBe(false)
  }
}

test('a cluster on loopback alone: three masters share the slots, a replica steps in for one that is killed, stop leaves nothing', async () => {
  await using cluster = await startCluster()
  const { nodes } = cluster
  expect(await Promise.all(nodes.map(isMaster))).toEqual([true, true, true, false, false, false])
  expect(cluster.addresses).toBe(nodes.map(({ port }) => `127.0.0.1:${port}`).join(','))
  for (const { server } of nodes) {
    expect(await ask(server.url, 'CLUSTER INFO')).toMatch(/cluster_state:ok[^]*cluster_slots_ok:16384/)
    expect(await ask(server.url, 'CONFIG GET bind')).toContain('\r\n127.0.0.1\r\n')
  }
  const [master, , , replica] = nodes as [PrivateNode, PrivateNode, PrivateNode, PrivateNode]
  process.kill(master.server.pid, 'SIGKILL')
  await until('its replica is a master', () => isMaster(replica))
  await master.server.restart()
  await until('it has come back as a replica', async () => !(await isMaster(master)))
  await cluster.stop()
  await leaveNothing(nodes)
})

test('sentinels: the replica steps in for a master that is killed, stop leaves nothing', async () => {
  await using sentinel = await startSentinel()
  const [master, replica] = sentinel.nodes as [PrivateNode, PrivateNode]
  expect(
    await ask(sentinel.sentinels[0]?.server.url ?? '', `SENTINEL GET-MASTER-ADDR-BY-NAME ${sentinel.name}`),
  ).toContain(`${master.port}`)
  process.kill(master.server.pid, 'SIGKILL')
  await until('the replica is the master', () => isMaster(replica))
  await sentinel.stop()
  await leaveNothing([...sentinel.nodes, ...sentinel.sentinels])
})
