import * as z from 'zod'

/** A whole number from 1 on, as its digits. */
export const positiveDigits = () =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .transform(Number)
    .meta({ type: 'integer', minimum: 1 })
