import { readFileSync } from 'node:fs'
import { configurationOf, configurationProblems } from './docs/configuration.ts'
import { referenceProblems } from './docs/references.ts'

// Fails for what the documentation names and is not there, and for configuration that it does not name.
const PAGE = 'docs/configuration.md'

const problems = [
  ...referenceProblems('.'),
  ...configurationProblems(readFileSync(PAGE, 'utf8'), configurationOf('wrangler.toml')).map(
    (problem) => `${PAGE}: ${problem}`,
  ),
]
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
