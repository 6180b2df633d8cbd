import { port, redisUrl } from './env.ts'
import { listen as express } from './express.ts'
import { listen as fastify } from './fastify.ts'
import { listen as hono } from './hono.ts'
import { listen as store } from './store.ts'

const applications = new Map(Object.entries({ express, fastify, hono, store }))
const listen = applications.get(process.argv[2] ?? 'express')
if (!listen) throw new Error(`Choose one of ${[...applications.keys()].join(', ')}`)
await listen(port, redisUrl)
console.log(`http://localhost:${port}`)
