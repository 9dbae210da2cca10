import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Makes src/auth/accounts/common-passwords.ts from the list of @zxcvbn-ts/language-common; with --check only tells whether it
// is as the package has it. What a password of 15 characters can be, or be built around, is all that is taken.
const SOURCE = {
  about: import.meta.resolve('@zxcvbn-ts/language-common/package.json'),
  list: import.meta.resolve('@zxcvbn-ts/language-common/src/passwords.json'),
}
const TARGET = 'src/auth/accounts/common-passwords.ts'

/** Those that people choose most, of which longer ones are made by adding runs and numbers. */
const MOST_COMMON = 1_000
const MIN_LENGTH = 15

const { version, license } = JSON.parse(readFileSync(fileURLToPath(SOURCE.about), 'utf8'))
const ranked: string[] = JSON.parse(readFileSync(fileURLToPath(SOURCE.list), 'utf8'))
const kernels = ranked.slice(0, MOST_COMMON).filter((word) => word.length >= 4 && /[a-z]/.test(word))
const long = ranked.filter((password) => password.length >= MIN_LENGTH)
const words = [...new Set([...kernels, ...long])].sort()
if (words.some((word) => !/^[\w.@$!#*-]+$/.test(word)))
  throw new Error('a word that does not fit in the file')

const module = `// Made by src/cli/generate/common-passwords.ts from @zxcvbn-ts/language-common ${version} (${license}): the most
// common passwords of at least 4 characters with a letter, and all of at least ${MIN_LENGTH}.

/** Common passwords, in lower case, one a line. */
export const COMMON_PASSWORDS = \`
${words.join('\n')}
\`
`
if (!process.argv.includes('--check')) writeFileSync(TARGET, module)
else if (readFileSync(TARGET, 'utf8') !== module) {
  console.error(`${TARGET} is out of date: run npm run generate:common-passwords`)
  process.exitCode = 1
}
