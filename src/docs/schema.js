import { element } from './dom.js'
import { markdown } from './markdown.js'

/** @import { Body, Components, Operation, Schema } from './openapi.js' */

/**
 * Returns the target of a reference.
 * @template {object} Part
 * @param {Components} components
 * @param {Part | { $ref: string }} part
 * @returns {Part}
 */
export function resolved(components, part) {
  if (!('$ref' in part) || typeof part.$ref !== 'string') return /** @type {Part} */ (part)
  const [, , kind = '', name = ''] = part.$ref.split('/')
  return /** @type {any} */ (components)[kind]?.[name] ?? {}
}

/**
 * Returns the body that an operation takes; one without content if it takes none.
 * @param {Components} components
 * @param {Operation} operation
 * @returns {Body}
 */
export const bodyOf = (components, { requestBody = {} }) => resolved(components, requestBody)

/**
 * Returns the members of an object as a list, with theirs nested; undefined if it has none, or is within itself.
 * @param {Components} components
 * @param {Schema} schema
 * @param {object[]} around what it is within
 * @returns {HTMLElement | undefined}
 */
export function membersOf(components, schema = {}, around = []) {
  const { properties, required = [] } = objectOf(components, schema) ?? {}
  if (!properties || around.includes(properties)) return undefined
  const members = Object.entries(properties).map(([name, member]) => {
    const nullable = isNullable(member) ? ' or null' : ''
    return element(
      'li',
      {},
      element('code', {}, name),
      element('span', { class: 'type' }, ` ${typeOf(components, member)}${nullable}`),
      required.includes(name) ? element('strong', {}, ', required') : undefined,
      member.description ? element('div', {}, markdown(member.description)) : undefined,
      membersOf(components, member, [...around, properties]),
    )
  })
  return element('ul', { class: 'members' }, ...members)
}

/**
 * Returns the object within a schema: itself, the target of a reference, an item of its array, or its alternative to
 * null.
 * @param {Components} components
 * @param {Schema} schema
 * @returns {Schema | undefined}
 */
function objectOf(components, schema) {
  const here = whole(components, schema)
  if (here.items) return objectOf(components, here.items)
  return here.properties ? here : undefined
}

/** @param {Schema} schema */
const isNullable = ({ anyOf = [] }) => anyOf.some(({ type }) => type === 'null')

/**
 * Returns a schema without references at its top, and without the alternative null.
 * @param {Components} components
 * @param {Schema} schema
 * @returns {Schema}
 */
function whole(components, schema) {
  const target = resolved(components, schema)
  const choices = (target.anyOf ?? target.oneOf ?? []).filter(({ type }) => type !== 'null')
  return choices.length === 1 && choices[0] ? { ...target, ...whole(components, choices[0]) } : target
}

/**
 * Returns the type of a value and its limits, in words.
 * @param {Components} components
 * @param {Schema} schema
 * @returns {string}
 */
export function typeOf(components, schema) {
  const here = whole(components, schema)
  if (here.const !== undefined) return JSON.stringify(here.const)
  if (here.enum) return here.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (here.items)
    return `array of ${typeOf(components, here.items)}${limits(here.minItems, here.maxItems, 'items')}`
  const type = here.format ?? [here.type ?? 'any'].flat().join(' or ')
  const bounds = limits(here.minimum, here.maximum) || limits(here.minLength, here.maxLength, 'characters')
  const usual = here.default === undefined ? '' : `, ${JSON.stringify(here.default)} unless given`
  return `${type}${bounds}${usual}`
}

/**
 * @param {number | undefined} least
 * @param {number | undefined} most
 * @param {string} [unit]
 */
function limits(least, most, unit = '') {
  const text = [least === undefined ? '' : `from ${least}`, most === undefined ? '' : `up to ${most}`]
  const bounds = text.filter(Boolean).join(' ')
  return bounds && `, ${bounds}${unit && ` ${unit}`}`
}
