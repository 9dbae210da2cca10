import { environmentProblems } from './environment-rules.ts'

// Fails if the environments of wrangler.toml differ where they must not, or break a rule.
const problems = environmentProblems('wrangler.toml')
for (const problem of problems) console.error(`wrangler.toml: ${problem}`)
if (problems.length > 0) process.exitCode = 1
