import { readFileSync, writeFileSync } from 'node:fs'
import { endpointTables } from './endpoint-tables.ts'

// Writes the tables of endpoints between the marks in docs/api.md; with --check only tells whether they are up to date.
const PAGE = 'docs/api.md'
const [BEGIN, END] = ['<!-- endpoints: npm run generate:endpoints -->', '<!-- /endpoints -->']

const page = readFileSync(PAGE, 'utf8')
const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
if (begin === -1 || end < begin) throw new Error(`${PAGE} has no place for the endpoints`)
const written = `${page.slice(0, begin)}${BEGIN}\n\n${endpointTables()}\n${page.slice(end)}`
if (!process.argv.includes('--check')) writeFileSync(PAGE, written)
else if (page !== written) {
  console.error(`${PAGE} is out of date: run npm run generate:endpoints`)
  process.exitCode = 1
}
