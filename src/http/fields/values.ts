import * as z from 'zod'

/** Schemas of values in answers, each with an example for the OpenAPI document. */

const UID = /^[a-z0-9]{13}$/

export const uidValue = () =>
  z
    .string()
    .regex(UID)
    .meta({ examples: ['xj35478ymfe15'] })

/** Returns a text that has the form of a uid; null for any other. */
export const uidOrNull = (text: string) => (UID.test(text) ? text : null)

export const timeValue = () =>
  z.iso.datetime({ precision: 3 }).meta({ examples: ['2026-11-21T09:30:00.000Z'] })

export const countValue = () =>
  z
    .int()
    .nonnegative()
    .meta({ examples: [2] })

/** A text with an example. */
export const textValue = (example: string) => z.string().meta({ examples: [example] })
