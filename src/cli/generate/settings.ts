import { readFileSync } from 'node:fs'
import { settingDefaults } from '../../settings.ts'
import { inProject } from '../local/project.ts'
import { writePagePart } from './page-part.ts'

// Writes the table of settings into docs/configuration.md. The descriptions are comments, so that the Worker does not
// carry them.
const source = readFileSync(inProject('src/settings.ts'), 'utf8')

const rows = Object.entries(settingDefaults()).map(
  ([name, value]) => `| \`${name}\` | ${descriptionOf(name)} | ${shown(value)} |\n`,
)
writePagePart(
  'docs/configuration.md',
  'settings',
  `| setting | what it is | default |\n|---|---|---|\n${rows.join('')}`,
)

/** Returns the doc comment above the setting, in one line. */
function descriptionOf(name: string): string {
  const [, comment] = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\n +${name}:`).exec(source) ?? []
  if (comment === undefined) throw new Error(`${name} has no comment in src/settings.ts`)
  return comment
    .replace(/\n *\*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

function shown(value: unknown): string {
  if (value === undefined) return 'none: it has to be set'
  return value === '' ? 'empty' : `\`${value}\``
}
