import { resolve } from 'node:path'

/** Where the repository lies, from wherever a command is called. */
export const ROOT = resolve(import.meta.dirname, '../../..')

/** A path of the repository. */
export const inProject = (path: string) => resolve(ROOT, path)

export const CONFIG_PATH = inProject('wrangler.toml')

/** One local copy of everything the service keeps, and the secrets that open it. */
export interface LocalState {
  /** Where D1, KV and R2 lie; what wrangler calls `--persist-to`. */
  folder: string
  secretsFile: string
}

/** The state that `npm start` keeps; the same that plain `wrangler dev` uses. */
export const PROJECT_STATE: LocalState = {
  folder: inProject('.wrangler/state'),
  secretsFile: inProject('.dev.vars'),
}

/** The credentials of the demo data, for scripts. */
export const DEMO_FILE = inProject('.wrangler/demo.json')

/** The session that `npm run call` goes on with. */
export const CALL_SESSION_FILE = inProject('.wrangler/call-session.json')
