// Plays the cases of docs/runbook.md on private servers under load: npm run drill -- [bystanders, default 50]
import { drill } from './drill.js'
import { startShell } from './shells.js'

const bystanders = Number(process.argv[2] ?? 50)
if (!Number.isInteger(bystanders) || bystanders < 0) throw new Error('The number of bystanders must be a whole number')

console.log(`2 servers, ${bystanders + 2} people; a query of each browser about every 100 ms\n`)
await drill({ servers: 2, bystanders, thinkMs: 100 }, startShell(), ({ title, commands, lastPassedMs, stepMs }) => {
  const [last, step] = [lastPassedMs, stepMs].map((ms) => `${Math.round(ms)} ms`)
  console.log(`${title}: ${commands} commands did what the runbook says`)
  console.log(`  the last query that passed began ${last} after the step that revokes, which took ${step}`)
})
