// How many acknowledged revocations does a failover undo? The cluster has three masters and three
// replicas. Each round kills a master while ten servers revoke.
// npm run measure:failover [rounds] [milliseconds to the replica]
import { killAmidRevocations, startDistantCluster, startServers } from '../test/failover.js'

const [rounds = 100, distance = 5] = process.argv.slice(2).map(Number)

await using cluster = await startDistantCluster(distance)
console.log(`${rounds} failovers for each setting, the replica ${distance} ms away`)
for (const durability of ['master', 'replicated'] as const) {
  await using application = await startServers(cluster, durability)
  let acknowledged = 0
  let cameBack = 0
  for (let round = 0; round < rounds; round += 1) {
    const outcome = await killAmidRevocations(cluster, application.servers, round % 3)
    acknowledged += outcome.acknowledged
    cameBack += outcome.cameBack
  }
  console.log(`durability '${durability}': of ${acknowledged} acknowledged revocations ${cameBack} were undone`)
}
