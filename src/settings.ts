import * as z from 'zod'
import {
  attachedDocumentPath,
  attachedOrigin,
  attachedPrefixList,
  attachmentOf,
  invalidAttachment,
} from './attachment.ts'
import { positiveDigits } from './base/digits.ts'
import { once } from './base/once.ts'
import { isBareOrigin } from './base/origin.ts'
import { ROLES } from './db/schema/staff.ts'
import type { Env } from './env.ts'
import { logFailure } from './log.ts'

/** Longer than the queue holds a message, which could else be appended again after it was pruned. */
const MIN_RETENTION_DAYS = 30
const DAY_MS = 24 * 60 * 60 * 1000

/** A list with commas between its items, none of which is empty. */
const commaSeparated = () =>
  z.string().transform((list) => list.split(',').flatMap((item) => item.trim() || []))

const retentionDays = () =>
  z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .refine((days) => days === 0 || days >= MIN_RETENTION_DAYS)

/**
 * One with a `prefault` has that default. The comments are the descriptions in docs/configuration.md, made by
 * `npm run generate:settings`.
 */
const variables = once(() =>
  z.object({
    /** The name in mails and pages, of 1 to 60 characters. */
    PRODUCT_NAME: z.string().trim().min(1).max(60).prefault('Steward'),
    /** The sender of mails: an address of a domain that can send mail. */
    MAIL_FROM: z.email(),
    /** The origin that people reach this deployment at, with http or https and without a path: links in mails begin with it. */
    PUBLIC_URL: z
      .url({ protocol: /^https?$/ })
      .refine(isBareOrigin)
      .transform((url) => new URL(url).origin),
    /** How many failed logins in a row lock an account: 1 or more. */
    LOCKOUT_THRESHOLD: positiveDigits().prefault('5'),
    /** Within how many seconds they have to happen. */
    LOCKOUT_WINDOW_SECONDS: positiveDigits().prefault('900'),
    /** For how many seconds the account stays locked. */
    LOCKOUT_SECONDS: positiveDigits().prefault('3600'),
    /** The exact origins whose pages may call from a browser, separated by commas. Empty: none. */
    CORS_ORIGINS: commaSeparated()
      .pipe(z.array(z.string().refine((origin) => URL.canParse(origin) && new URL(origin).origin === origin)))
      .prefault(''),
    /** After how many days audit entries leave D1, once they are exported: 30 or more, or 0, which is never. */
    AUDIT_RETENTION_DAYS: retentionDays().prefault('0'),
    /**
     * Whether D1's read replicas may serve what a request reads after its first round trip, which the primary always
     * serves: `on` once read replication is on for the database, else `off`.
     */
    READ_REPLICATION: z.enum(['on', 'off']).prefault('off'),
    /**
     * Which access grants wait for a colleague's say: `write`, those to change something; `all`; or `none`.
     */
    GRANT_APPROVAL: z.enum(['none', 'write', 'all']).prefault('write'),
    /** The roles that must have a second factor, separated by commas. Empty: none. */
    MFA_REQUIRED_ROLES: commaSeparated()
      .pipe(z.array(z.enum(ROLES)))
      .prefault(ROLES.join()),
    /**
     * For how many seconds a proof of who one is opens what only a fresh one does, such as making accounts and keys;
     * 0: there is nothing that needs one.
     */
    STEP_UP_SECONDS: z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number)
      .prefault('900'),
    /**
     * The origin of an [attached API](attach-your-api.md), with https, or http on this machine. Empty where none is
     * attached, or the binding `CUSTOMER_API` reaches it.
     */
    CUSTOMER_API_URL: attachedOrigin().prefault(''),
    /**
     * The prefixes of the paths that go to it, before Steward's own, such as `/v1/, /campaigns`: plain segments, and none
     * of `/admin`, `/health`, `/docs`, `/openapi.json`, `/.well-known`, `/console` and `/support_access`. Empty: none is
     * attached.
     */
    CUSTOMER_API_PATHS: attachedPrefixList().prefault(''),
    /** Its name, the `aud` of the assertions that it gets: up to 255 visible ASCII characters. */
    CUSTOMER_API_AUDIENCE: z
      .string()
      .trim()
      .regex(/^[!-~]{0,255}$/)
      .prefault(''),
    /** For how many seconds it may be silent before its answer begins. */
    CUSTOMER_API_TIMEOUT_SECONDS: positiveDigits().prefault('30'),
    /** The path of its OpenAPI 3 document, for `/openapi.json` to include. Empty: none. */
    CUSTOMER_API_OPENAPI: attachedDocumentPath().prefault(''),
  }),
)

/** The settings, and what they have to be with each other. The binding of an attached API is among them here. */
const settings = once(() =>
  variables()
    .extend({ CUSTOMER_API: z.unknown().optional() })
    .superRefine((vars, context) => {
      for (const name of invalidAttachment(vars)) context.addIssue({ code: 'custom', path: [name] })
    }),
)

/**
 * The settings as a deployment sets them.
 * @public tests set them
 */
export type Variables = z.input<ReturnType<typeof variables>>

/** The settings of a deployment. Durations are in milliseconds. */
export type Settings = Readonly<ReturnType<typeof readSettings>>

const readSettings = (set: z.output<ReturnType<typeof settings>>) => ({
  productName: set.PRODUCT_NAME,
  mailFrom: set.MAIL_FROM,
  /** An origin: without a slash at its end. */
  publicUrl: set.PUBLIC_URL,
  lockout: {
    threshold: set.LOCKOUT_THRESHOLD,
    windowMs: set.LOCKOUT_WINDOW_SECONDS * 1000,
    lockMs: set.LOCKOUT_SECONDS * 1000,
  },
  corsOrigins: set.CORS_ORIGINS,
  /** How long entries stay in D1; 0 keeps them for ever. */
  auditRetentionMs: set.AUDIT_RETENTION_DAYS * DAY_MS,
  /** Whether D1 has read replicas. */
  readReplication: set.READ_REPLICATION === 'on',
  /** Which access grants wait for a colleague's say. */
  grantApproval: set.GRANT_APPROVAL,
  /** The roles that must have a second factor. */
  mfaRequiredRoles: set.MFA_REQUIRED_ROLES,
  /** How long a proof of who one is stays fresh; 0: no matter. */
  stepUpMs: set.STEP_UP_SECONDS * 1000,
  /** The API of the company's own that is attached; null: none is. */
  attachment: attachmentOf(set),
})

interface Parsed {
  /** Undefined if one is missing or invalid. */
  settings: Settings | undefined
  invalid: string[]
}

/** What was made of the settings of each deployment. */
const parsed = new WeakMap<Env, Parsed>()

/** Returns the default of each setting by its name; undefined for one that has to be set. */
export const settingDefaults = (): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(variables().shape).map(([name, { def }]) => [
      name,
      'defaultValue' in def ? def.defaultValue : undefined,
    ]),
  )

function parse(vars: object): Parsed {
  const { data, error } = settings().safeParse(vars)
  const invalid = [...new Set(error?.issues.map(({ path: [name] }) => String(name)))]
  return { settings: data && readSettings(data), invalid }
}

/** Returns the names of missing or invalid settings. */
export const invalidSettings = (vars: object): string[] => parse(vars).invalid

/** Returns the settings of this deployment, or which are missing or invalid: parsed once per isolate. */
export function parsedSettings(env: Env): Parsed {
  const known = parsed.get(env) ?? parse(env)
  parsed.set(env, known)
  return known
}

/**
 * Returns the settings of this deployment.
 * @throws Error if one is missing or invalid; the log names it
 */
export function settingsOf(env: Env): Settings {
  const { settings, invalid } = parsedSettings(env)
  if (settings) return settings
  const error = new Error('a setting is missing or invalid')
  logFailure({ invalid_settings: invalid }, error)
  throw error
}
