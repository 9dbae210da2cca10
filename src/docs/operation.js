import { codeBlock, element } from './dom.js'
import { markdown } from './markdown.js'
import { bodyOf, membersOf, resolved } from './schema.js'
import { tryItOut } from './try-it-out.js'

/** @import { Answer, Components, Endpoint, Media } from './openapi.js' */

/**
 * Returns an operation, collapsed. Its content is created when it is first opened.
 * @param {Components} components
 * @param {Endpoint} endpoint
 */
export function operationDetails(components, endpoint) {
  const { method, path, operation } = endpoint
  const details = element(
    'details',
    { id: operation.operationId },
    element(
      'summary',
      {},
      element('span', { class: `method ${method}` }, method.toUpperCase()),
      ' ',
      element('code', {}, path.replaceAll('/', '/\u200b')),
      ' ',
      element('span', { class: 'what' }, operation.summary),
    ),
  )
  details.addEventListener('toggle', () => details.append(...contents(components, endpoint)), { once: true })
  return details
}

/**
 * @param {Components} components
 * @param {Endpoint} endpoint
 */
function contents(components, endpoint) {
  const { operation } = endpoint
  const description = operation.description ? [markdown(operation.description)] : []
  const bodies = Object.entries(bodyOf(components, operation).content ?? {}).map(([type, media]) =>
    element('section', {}, element('h3', {}, `Body, ${type}`), membersOf(components, media.schema)),
  )
  return [
    element(
      'div',
      { class: 'contents' },
      ...description,
      tryItOut(components, endpoint),
      ...bodies,
      answersOf(components, endpoint),
    ),
  ]
}

/**
 * @param {Components} components
 * @param {Endpoint} endpoint
 */
function answersOf(components, { operation }) {
  const answers = Object.entries(operation.responses).map(([status, reference]) => {
    const answer = /** @type {Answer} */ (resolved(components, reference))
    const isSuccess = status.startsWith('2')
    const media = isSuccess ? Object.entries(answer.content ?? {}) : []
    return [
      element('dt', {}, status),
      element(
        'dd',
        {},
        markdown(answer.description ?? ''),
        ...media.map(([type, content]) => mediaContents(components, content, `${status}, ${type}`)),
      ),
    ]
  })
  return element('section', {}, element('h3', {}, 'Answers'), element('dl', {}, ...answers.flat()))
}

/**
 * @param {Components} components
 * @param {Media} media
 * @param {string} label
 */
function mediaContents(components, { schema, example }, label) {
  const text = typeof example === 'string' ? example : JSON.stringify(example, null, 2)
  return element('div', {}, codeBlock(text ?? '', `Example, ${label}`), membersOf(components, schema))
}
