import { createMiddleware } from 'hono/factory'
import { CREDENTIAL_ERRORS, readCredentials } from '../auth/callers/credentials.ts'
import { customerWithKey } from '../auth/callers/customer-key.ts'
import { reasonHeader } from '../auth/callers/key-limits.ts'
import { customerScope } from '../auth/customer-scope.ts'
import { noteOwnGrant } from '../auth/grants/own-grant.ts'
import { noteCustomer, ON_RECORD, onRecord } from '../auth/on-record.ts'
import { type CustomerEnv, noteTarget, recordsOwn } from '../auth/requires-customer.ts'
import { annotated, type OperationParts } from '../http/annotations.ts'
import { HEADERS } from '../http/headers.ts'
import { isWrite, routePattern } from '../http/routing.ts'
import { ACTING_ERRORS } from './checks.ts'
import { impersonate } from './impersonate.ts'

const operation = (): OperationParts => ({
  errors: [
    ...CREDENTIAL_ERRORS,
    'key_invalid',
    ...ACTING_ERRORS,
    'dependency_unavailable',
    ...ON_RECORD.errors,
  ],
  requestHeaders: reasonHeader(),
  answerHeaders: ON_RECORD.answerHeaders,
})

const identify = createMiddleware<CustomerEnv>(async (c, next) => {
  // On an unknown path there is nothing to identify anyone for, but an impersonation is on record all the same.
  if (routePattern(c) === undefined && !c.req.header(HEADERS.ADMIN_KEY)) return next()
  noteTarget(c)
  const credentials = readCredentials(c.req.raw.headers)
  if (credentials.kind === 'impersonation') return impersonate(c, credentials, next)
  const { db, now, facts } = c.var
  const { uid, keyId, authority } = await customerWithKey(db, credentials.key, now)
  facts.customerUid = uid
  const scope = customerScope(uid, keyId, authority)
  c.set('customer', scope)
  if (recordsOwn(c)) {
    const isAboutGrant = facts.target?.type === 'access_grant'
    const noted = async (verdict: Promise<unknown>) => {
      await verdict
      noteCustomer(facts, keyId)
    }
    const presume = () => noted(isAboutGrant ? noteOwnGrant(scope, facts) : authority.presume())
    const authorize = () => noted(authority.verify())
    return onRecord(c, { recording: 'change', presume, authorize, ridesAlong: false }, next)
  }
  if (isWrite(c)) await authority.presume()
  await next()
  await authority.verify()
})

/** Finds out whose data a call is about: the customer itself calls, or an admin for it, or the call is refused. */
export const identifyCustomer = annotated({ operation }, identify)
