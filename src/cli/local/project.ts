import { resolve } from 'node:path'

/** The path of the repository, independent of the working directory. */
export const ROOT = resolve(import.meta.dirname, '../../..')

/** Returns the path of a file in the repository. */
export const inProject = (path: string) => resolve(ROOT, path)

export const CONFIG_PATH = inProject('wrangler.toml')

/** The local state of one service, and the secrets that open it. */
export interface LocalState {
  /** The folder of D1, KV and R2; wrangler's `--persist-to`. */
  folder: string
  secretsFile: string
}

/** The state of `npm start` and of plain `wrangler dev`. */
export const PROJECT_STATE: LocalState = {
  folder: inProject('.wrangler/state'),
  secretsFile: inProject('.dev.vars'),
}

/** The file with the credentials of the demo data, for scripts. */
export const DEMO_FILE = inProject('.wrangler/demo.json')

/** The file with the session of `npm run call`. */
export const CALL_SESSION_FILE = inProject('.wrangler/call-session.json')
