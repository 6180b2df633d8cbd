import { randomBytes } from 'node:crypto'
import { createApp } from './app.js'
import { port, redisUrl } from './env.js'

const baseURL = `http://localhost:${port}`
const { app } = await createApp({ redisUrl, baseURL, secret: randomBytes(32).toString('hex') })
app.listen(port, () => console.log(baseURL))
