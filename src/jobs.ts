import { exportOwedSegments } from './audit/export.ts'
import { purgeFailures } from './auth/lockout.ts'
import { purgeUnlockTokens } from './auth/unlock-link.ts'
import { runListTasks } from './customer/list-tasks.service.ts'
import { type Database, openDatabase } from './db/client.ts'
import type { Clock, Env } from './env.ts'
import { logFailure } from './log.ts'

/** What the cron does. */
const JOBS: Record<string, (env: Env, db: Database, now: Clock) => PromiseLike<unknown>> = {
  exportOwedSegments: (env, db, now) => exportOwedSegments(db, env.AUDIT_BUCKET, now()),
  runListTasks: (_, db, now) => runListTasks(db, now),
  purgeFailures: (_, db, now) => purgeFailures(db, now()),
  purgeUnlockTokens: (_, db, now) => purgeUnlockTokens(db, now()),
}

/**
 * Runs every job, each by itself: one that fails keeps none of the others from its work.
 * @throws Error if any of them failed, so that the platform counts the run as failed
 */
export async function runJobs(env: Env, now: Clock): Promise<void> {
  const db = openDatabase(env.DB)
  const failed = await Promise.all(
    Object.entries(JOBS).map(async ([job, run]) => {
      try {
        await run(env, db, now)
        return []
      } catch (error) {
        logFailure({ job }, error)
        return [job]
      }
    }),
  )
  if (failed.flat().length > 0) throw new Error(`jobs that failed: ${failed.flat().join(', ')}`)
}
