import { isReady, nameOfWay, waysOf } from './credentials.js'
import { element, field } from './dom.js'
import { markdown } from './markdown.js'
import { bodyOf, typeOf } from './schema.js'

/** @import { Components, Endpoint, Parameter } from './openapi.js' */

/**
 * Returns the choice of the way to call, if there are several; the first with all credentials entered is preselected.
 * @param {Endpoint} endpoint
 */
export function identityFields({ operation: { operationId, security } }) {
  const ways = waysOf(security)
  if (ways.length < 2) return []
  const select = element('select', { id: `${operationId}-way`, name: 'way' })
  const ready = ways.findIndex(isReady)
  for (const [index, way] of ways.entries())
    select.append(element('option', { value: `${index}`, selected: index === ready }, nameOfWay(way)))
  return [field(select, 'Call with')]
}

/**
 * Returns the field of a parameter.
 * @param {Components} components
 * @param {Endpoint} endpoint
 * @param {Parameter} parameter
 */
export function parameterField(
  components,
  { operation: { operationId } },
  { in: place, name, required, description, schema = {} },
) {
  const input = element('input', {
    id: `${operationId}-${place}-${name}`,
    name: `${place} ${name}`,
    required,
    spellcheck: 'false',
    inputmode: schema.type === 'integer' ? 'numeric' : undefined,
  })
  const hint = element(
    'span',
    {},
    `${typeOf(components, schema)}. `,
    description ? markdown(description) : '',
  )
  return field(input, required ? `${name} (required)` : name, hint)
}

/**
 * Returns the fields of the body, with its example to change.
 * @param {Components} components
 * @param {Endpoint} endpoint
 */
export function bodyFields(components, { operation }) {
  const { operationId } = operation
  const { content: byType = {} } = bodyOf(components, operation)
  const content = Object.entries(byType)
  const [first] = content
  if (!first) return []
  const area = element('textarea', {
    id: `${operationId}-body`,
    name: 'body',
    rows: '8',
    spellcheck: 'false',
  })
  const show = (/** @type {unknown} */ example) => {
    area.value = typeof example === 'string' ? example : (JSON.stringify(example, null, 2) ?? '')
  }
  show(first[1].example)
  const type = element('select', { id: `${operationId}-type`, name: 'type' })
  for (const [mediaType] of content) type.append(element('option', {}, mediaType))
  type.addEventListener('change', () => show(byType[type.value]?.example))
  const typeField = field(type, 'Type of the body')
  typeField.hidden = content.length === 1
  return [typeField, field(area, 'Body')]
}
