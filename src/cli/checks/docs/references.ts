import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { anchorsOf, codeIn, linesOf, withoutCode } from './markdown.ts'

/** The pages that are checked. */
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/*.md']

const MAX_LINE_LENGTH = 110

/** README.md says what there is and where to read on; what would make it longer belongs on a page. */
const MAX_README_LINES = 130

/** Paths of the repository in backticks: below these folders, or a document or configuration at its root. */
const PATH = /^(?:(?:src|test|docs|migrations|\.ci|\.github)\/[\w./*<>-]*|[\w-]+\.(?:md|toml))$/

/** The target of a link, whose text may begin on the line before. */
const LINK = /\]\(([^)\s]+)\)|^\[[^\]]+\]:\s+(\S+)/g
const ELSEWHERE = /^(?:https?|mailto):/

/** Returns the pages below `root`, by their path in it. */
export const pagesOf = (root: string): string[] =>
  PAGES.flatMap((pattern) => globSync(pattern, { cwd: root }).sort())

/**
 * Returns dead references and excess length in the pages below `root`: links and anchors that lead nowhere, paths of
 * the repository and npm scripts that do not exist, lines of prose over 110 characters, and a README over 130 lines.
 */
export function referenceProblems(root: string): string[] {
  const { scripts = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return pagesOf(root).flatMap((page) => {
    const markdown = readFileSync(join(root, page), 'utf8')
    const problems = linesOf(markdown).flatMap(({ number, text }) =>
      [...deadLinks(root, page, text), ...deadPaths(root, text), ...tooLong(text)].map(
        (problem) => `${page}:${number}: ${problem}`,
      ),
    )
    const ofPage = [...deadScripts(markdown, scripts), ...tooManyLines(page, markdown)]
    return [...problems, ...ofPage.map((problem) => `${page}: ${problem}`)]
  })
}

function deadLinks(root: string, page: string, text: string): string[] {
  const targets = [...withoutCode(text).matchAll(LINK)].map(
    ([, inline, reference]) => inline ?? reference ?? '',
  )
  return targets.flatMap((target) => {
    if (ELSEWHERE.test(target)) return []
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(root, file))) return [`the link ${target} leads nowhere`]
    if (anchor === undefined) return []
    const anchors = anchorsOf(readFileSync(join(root, file), 'utf8'))
    return anchors.has(anchor) ? [] : [`${file} has no heading for #${anchor}`]
  })
}

/** A `<name>` in a path stands for anything, as `*` does. */
const deadPaths = (root: string, text: string): string[] =>
  codeIn(text)
    .flatMap((code) => code.split(/\s+/))
    .filter((word) => PATH.test(word))
    .filter((path) => globSync(path.replace(/<[^>]*>/g, '*').replace(/\/$/, ''), { cwd: root }).length === 0)
    .map((path) => `${path} does not exist`)

/** Tables cannot be wrapped, nor can what a link leads to. */
function tooLong(text: string): string[] {
  if (text.startsWith('|')) return []
  const prose = text.replace(/\]\([^)]*\)/g, ']').replace(/<?https?:\S+/g, '')
  const { length } = [...prose]
  return length > MAX_LINE_LENGTH ? [`${length} characters, more than ${MAX_LINE_LENGTH}`] : []
}

function tooManyLines(page: string, markdown: string): string[] {
  const { length } = markdown.trimEnd().split('\n')
  return page === 'README.md' && length > MAX_README_LINES
    ? [`${length} lines, more than ${MAX_README_LINES}`]
    : []
}

const deadScripts = (markdown: string, scripts: object): string[] =>
  [...new Set([...markdown.matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, name = '']) => name))]
    .filter((name) => !(name in scripts))
    .map((name) => `there is no npm run ${name}`)
