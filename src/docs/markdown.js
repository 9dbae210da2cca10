import { codeBlock, element } from './dom.js'

/**
 * Renders the subset of CommonMark that the document uses: headings, paragraphs, indented code, `code` and
 * **strong**.
 * @param {string} text
 */
export function markdown(text) {
  const fragment = document.createDocumentFragment()
  for (const block of text.trim().split(/\n{2,}/)) fragment.append(blockOf(block))
  return fragment
}

/** @param {string} block */
function blockOf(block) {
  if (block.startsWith('    ')) return codeBlock(block.replace(/^ {4}/gm, ''), 'Example')
  const heading = /^## (.*)$/.exec(block)
  if (heading) return element('h3', {}, ...inline(heading[1] ?? ''))
  return element('p', {}, ...inline(block.replaceAll('\n', ' ')))
}

/** @param {string} text */
const inline = (text) =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('`')) return element('code', {}, part.slice(1, -1))
    if (part.startsWith('**')) return element('strong', {}, part.slice(2, -2))
    return part
  })
