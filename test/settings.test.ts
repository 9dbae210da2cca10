import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import type { Env } from '../src/env.ts'
import { settingsOf } from '../src/settings.ts'
import { expectLogged } from './support/bindings/logged.ts'

const REQUIRED = { MAIL_FROM: 'a@example.com', PUBLIC_URL: 'https://admin.example.com/' }

/** The settings of a deployment that sets these and no others. */
const read = (variables: object) => settingsOf({ ...variables } as Env)

test('what a deployment does not set has its default', () => {
  expect(read(REQUIRED)).toEqual({
    productName: 'Steward',
    mailFrom: 'a@example.com',
    publicUrl: 'https://admin.example.com',
    lockout: { threshold: 5, windowMs: 15 * 60 * 1000, lockMs: 60 * 60 * 1000 },
    corsOrigins: [],
    auditRetentionMs: 0,
    readReplication: false,
    grantApproval: 'write',
    mfaRequiredRoles: ['customer_success', 'banking_operations', 'admin', 'super_admin'],
    stepUpMs: 15 * 60 * 1000,
    attachment: null,
  })
})

test.each([
  ['PRODUCT_NAME', ' '],
  ['MAIL_FROM', 'nobody'],
  ['MAIL_FROM', undefined],
  ['PUBLIC_URL', 'javascript:alert(1)'],
  ['PUBLIC_URL', undefined],
  ['PUBLIC_URL', 'https://admin.example.com/steward'],
  ['PUBLIC_URL', 'https://admin.example.com/?tenant=1'],
  ['PUBLIC_URL', 'https://admin.example.com/#home'],
  ['PUBLIC_URL', 'https://user:password@admin.example.com'],
  ['LOCKOUT_THRESHOLD', '0'],
  ['LOCKOUT_THRESHOLD', ''],
  ['LOCKOUT_WINDOW_SECONDS', '15 min'],
  ['AUDIT_RETENTION_DAYS', '29'],
  ['READ_REPLICATION', 'yes'],
  ['GRANT_APPROVAL', 'some'],
  ['MFA_REQUIRED_ROLES', 'admin,root'],
  ['MFA_REQUIRED_ROLES', 'none'],
  ['STEP_UP_SECONDS', '15 min'],
  ['STEP_UP_SECONDS', '-1'],
  ['STEP_UP_SECONDS', ''],
])('a deployment whose %s is %j is not served with something else', (name, value) => {
  expectLogged(`"invalid_settings":["${name}"]`)
  expect(() => settingsOf({ ...env, [name]: value })).toThrow('a setting is missing or invalid')
})
