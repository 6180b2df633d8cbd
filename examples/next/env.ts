export const baseURL = process.env['BASE_URL'] ?? 'http://localhost:3000'
export const redisUrl = process.env['REDIS_URL'] ?? 'redis://localhost:6379'
