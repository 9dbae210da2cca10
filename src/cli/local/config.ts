import { unstable_readConfig } from 'wrangler'
import { CONFIG_PATH } from './project.ts'

/** What wrangler.toml says of the local service. Loading wrangler takes a second. */
const config = () => unstable_readConfig({ config: CONFIG_PATH })

/** The names of the secrets that wrangler.toml requires. */
export const requiredSecrets = (): string[] => config().secrets?.required ?? []

/** The settings as they stand in wrangler.toml. */
export const configuredVars = () => config().vars
