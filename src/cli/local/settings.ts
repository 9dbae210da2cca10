import { invalidSettings, settingDefaults } from '../../settings.ts'
import { configuredServices, configuredVars } from './config.ts'

/** Returns the settings that the environment sets, also to an empty value: `LOCKOUT_SECONDS=60 npm start`. */
export function settingsFrom(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.keys(settingDefaults()).flatMap((name) => {
      const value = environment[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** @throws Error that names the settings of wrangler.toml, with these instead of its own, that make no sense */
export function checkSettings(settings: Record<string, string>): void {
  const invalid = invalidSettings({ ...configuredServices(), ...configuredVars(), ...settings })
  if (invalid.length === 0) return
  const told = invalid.map(
    (name) => `${name} (from ${name in settings ? 'the environment' : 'wrangler.toml'})`,
  )
  throw new Error(
    `Missing or invalid settings: ${told.join(', ')}. docs/configuration.md says what each takes.`,
  )
}

/** Returns the settings as arguments of `wrangler dev`. */
export const varArguments = (settings: Record<string, string>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['--var', `${name}:${value}`])
