import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Puts what `npm run generate:<name>` makes between its marks in a page of the documentation. With `--check` it only
 * says whether the page is up to date.
 */
export function writePagePart(path: string, name: string, content: string): void {
  const command = `npm run generate:${name}`
  const [beginMark, endMark] = [`<!-- ${name}: ${command} -->`, `<!-- /${name} -->`]
  const page = readFileSync(path, 'utf8')
  const [begin, end] = [page.indexOf(beginMark), page.indexOf(endMark)]
  if (begin === -1 || end < begin) throw new Error(`${path} has no place for the ${name}`)
  const written = `${page.slice(0, begin)}${beginMark}\n\n${content}\n${page.slice(end)}`
  if (!process.argv.includes('--check')) writeFileSync(path, written)
  else if (page !== written) {
    console.error(`${path} is out of date: run ${command}`)
    process.exitCode = 1
  }
}
