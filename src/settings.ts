import * as z from 'zod'
import { type Attachment, attachmentOf, attachmentShape, invalidAttachment } from './attachment.ts'
import { positiveDigits } from './base/digits.ts'
import { once } from './base/once.ts'
import type { Env } from './env.ts'
import { logFailure } from './log.ts'

/** Longer than the queue holds a message, which could else be appended again after it was pruned. */
const MIN_RETENTION_DAYS = 30
const DAY_MS = 24 * 60 * 60 * 1000

const retentionDays = () =>
  z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .refine((days) => days === 0 || days >= MIN_RETENTION_DAYS)

const settings = once(() =>
  z
    .object({
      PRODUCT_NAME: z.string().trim().min(1).max(60),
      MAIL_FROM: z.email(),
      PUBLIC_URL: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
      LOCKOUT_THRESHOLD: positiveDigits(),
      LOCKOUT_WINDOW_SECONDS: positiveDigits().transform(milliseconds),
      LOCKOUT_SECONDS: positiveDigits().transform(milliseconds),
      CORS_ORIGINS: z
        .string()
        .transform((list) => list.split(',').flatMap((origin) => origin.trim() || []))
        .pipe(z.array(z.url().refine((origin) => new URL(origin).origin === origin))),
      AUDIT_RETENTION_DAYS: retentionDays(),
      READ_REPLICATION: z.enum(['on', 'off']),
      ...attachmentShape(),
    })
    .superRefine((vars, context) => {
      for (const name of invalidAttachment(vars)) context.addIssue({ code: 'custom', path: [name] })
    }),
)

const parsed = new WeakMap<Env, Settings>()

/** The settings of this deployment; wrangler.toml describes each. Durations are in milliseconds. */
export interface Settings {
  productName: string
  mailFrom: string
  /** Without a trailing slash. */
  publicUrl: string
  lockout: { threshold: number; windowMs: number; lockMs: number }
  /** The exact origins from which browsers may call. */
  corsOrigins: readonly string[]
  /** How long entries stay in D1; 0 keeps them for ever. */
  auditRetentionMs: number
  /** Whether D1 has read replicas. */
  readReplication: boolean
  /** The API of the company's own that is attached; null: none is. */
  attachment: Attachment | null
}

/** Returns the names of missing or invalid settings. */
export function invalidSettings(vars: object): string[] {
  const { error } = settings().safeParse(vars)
  return [...new Set(error?.issues.map(({ path: [name] }) => String(name)))]
}

/**
 * Returns the settings of this deployment, parsed once per isolate.
 * @throws Error if one is missing or invalid; the log names it
 */
export function settingsOf(env: Env): Settings {
  const known = parsed.get(env)
  if (known) return known
  const { data, error } = settings().safeParse(env)
  if (!data) {
    logFailure({ invalid_settings: invalidSettings(env) }, error)
    throw new Error('a setting is missing or invalid')
  }
  const read = {
    productName: data.PRODUCT_NAME,
    mailFrom: data.MAIL_FROM,
    publicUrl: data.PUBLIC_URL,
    lockout: {
      threshold: data.LOCKOUT_THRESHOLD,
      windowMs: data.LOCKOUT_WINDOW_SECONDS,
      lockMs: data.LOCKOUT_SECONDS,
    },
    corsOrigins: data.CORS_ORIGINS,
    auditRetentionMs: data.AUDIT_RETENTION_DAYS * DAY_MS,
    readReplication: data.READ_REPLICATION === 'on',
    attachment: attachmentOf(data),
  }
  parsed.set(env, read)
  return read
}

/** Returns the prefixes of the paths of an attached API; none where a setting is invalid, which every request tells. */
export function attachedPrefixes(env: Env): readonly string[] {
  try {
    return settingsOf(env).attachment?.prefixes ?? []
  } catch {
    return []
  }
}

function milliseconds(seconds: number): number {
  return seconds * 1000
}
