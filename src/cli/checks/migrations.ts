import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

// Fails if the schema has moved on without a migration: lets drizzle-kit write what is missing into a copy.
const copy = mkdtempSync(join(tmpdir(), 'steward-migrations-'))
try {
  cpSync('migrations', copy, { recursive: true })
  const before = readdirSync(copy)
  const options = ['--dialect', 'sqlite', '--schema', 'src/db/schema', '--out', relative('.', copy)]
  execFileSync('drizzle-kit', ['generate', ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
  const missing = readdirSync(copy).filter((file) => !before.includes(file))
  if (missing.length > 0) {
    console.error(
      'src/db/schema has changes that no migration makes: run npm run generate:migration -- --name <what>',
    )
    process.exitCode = 1
  }
} finally {
  rmSync(copy, { recursive: true })
}
