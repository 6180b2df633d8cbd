import { z } from 'zod'

/** Explains a setting. `.env.example` and docs/configuration.md are made of this. */
interface Explanation {
  /** The form of its value, with unit and bounds. */
  readonly value: string
  readonly meaning: string
}

export const explanations = z.registry<Explanation>()

/** Attaches the explanation to a setting. */
export function explain<Schema extends z.ZodType>(value: string, schema: Schema, meaning: string): Schema {
  explanations.add(schema, { value, meaning })
  return schema
}

export const bounds = (unit: string, min: number, max: number): string => `${unit}, ${min} to ${max}`

export function count(unit: string, min: number, max: number) {
  const message = `must be a whole number of ${bounds(unit, min, max)}`
  return z
    .string()
    .regex(/^\d{1,5}$/, message)
    .transform(Number)
    .refine((number) => number >= min && number <= max, message)
}

/** A setting that is a number of something. Without a default it may be left out. */
export const explainCount = (unit: string, min: number, max: number, byDefault: number, meaning: string) =>
  explain(bounds(unit, min, max), count(unit, min, max).default(byDefault), meaning)
