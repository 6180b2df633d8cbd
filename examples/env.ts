export const port = Number(process.env['PORT'] ?? 3001)
export const redisUrl = process.env['REDIS_URL'] ?? 'redis://localhost:6379'
