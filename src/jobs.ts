import { purgeDeletedCustomers } from './admin/customers/customer-purge.service.ts'
import { forgetEndedSessions } from './admin/sessions/sessions.service.ts'
import { exportOwedSegments } from './audit/export/segments.ts'
import { pruneTrail } from './audit/trail/retention.ts'
import { purgeFailures } from './auth/accounts/lockout.ts'
import { purgeUnlockTokens } from './auth/accounts/unlock-link.ts'
import { purgeUsedSignatures } from './auth/callers/signature.ts'
import { purgeLoginTokens } from './auth/factors/login-tokens.ts'
import { purgeChallenges } from './auth/factors/passkeys/challenges.ts'
import { purgeAccessLinks } from './auth/grants/links.ts'
import { purgeIdempotencyKeys } from './customer/idempotency.service.ts'
import { runListTasks } from './customer/lists/list-tasks.service.ts'
import type { Clock, Env } from './env.ts'
import { type JobStores, storesIn } from './http/stores.ts'
import { logFailure } from './log.ts'

type Jobs = Record<string, (stores: JobStores, now: Clock) => PromiseLike<unknown>>

/** The cron of wrangler.toml for jobs that can wait for a quiet hour. */
export const DAILY_CRON = '17 3 * * *'

const DAILY_JOBS: Jobs = {
  purgeDeletedCustomers: ({ db }, now) => purgeDeletedCustomers(db, now),
  forgetEndedSessions: ({ db }, now) => forgetEndedSessions(db, now()),
}

/** The jobs of the frequent cron. */
const FREQUENT_JOBS: Jobs = {
  exportOwedSegments: (stores, now) => exportOwedSegments(stores, now()),
  pruneTrail: (stores, now) => pruneTrail(stores, now()),
  runListTasks: ({ db }, now) => runListTasks(db, now),
  purgeAccessLinks: ({ db }, now) => purgeAccessLinks(db, now()),
  purgeFailures: ({ db }, now) => purgeFailures(db, now()),
  purgeChallenges: ({ db }, now) => purgeChallenges(db, now()),
  purgeLoginTokens: ({ db }, now) => purgeLoginTokens(db, now()),
  purgeIdempotencyKeys: ({ db }, now) => purgeIdempotencyKeys(db, now()),
  purgeUnlockTokens: ({ db }, now) => purgeUnlockTokens(db, now()),
  purgeUsedSignatures: ({ db }, now) => purgeUsedSignatures(db, now()),
}

/**
 * Runs every job of a cron independently: a failure stops none of the others.
 * @throws Error if any failed, so that the platform counts the run as failed
 */
export async function runJobs(cron: string, env: Env, now: Clock): Promise<void> {
  const stores = storesIn(env)
  const failed = await Promise.all(
    Object.entries(cron === DAILY_CRON ? DAILY_JOBS : FREQUENT_JOBS).map(async ([job, run]) => {
      try {
        await run(stores, now)
        return []
      } catch (error) {
        logFailure({ job }, error)
        return [job]
      }
    }),
  )
  if (failed.flat().length > 0) throw new Error(`jobs that failed: ${failed.flat().join(', ')}`)
}
