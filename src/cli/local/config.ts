import { unstable_readConfig } from 'wrangler'
import { CONFIG_PATH } from './project.ts'

/** Reads wrangler.toml for the local service. Loading wrangler takes a second. */
const config = () => unstable_readConfig({ config: CONFIG_PATH })

/** Returns the names of the secrets that wrangler.toml requires. */
export const requiredSecrets = (): string[] => config().secrets?.required ?? []

/** Returns the settings of wrangler.toml. */
export const configuredVars = () => config().vars

/** Returns the service bindings of wrangler.toml, by their names. */
export const configuredServices = (): Record<string, unknown> =>
  Object.fromEntries(
    (config().services ?? []).map((service: { binding: string }) => [service.binding, service]),
  )
