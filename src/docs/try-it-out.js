import { credentials, isReady, keepCredential, nameOfWay } from './credentials.js'
import { codeBlock, element, field } from './dom.js'
import { markdown } from './markdown.js'
import { typeOf } from './schema.js'
import { identify, send } from './send.js'

/** @import { Components, Endpoint, Parameter } from './openapi.js' */
/** @import { Outgoing } from './send.js' */

/** Leaves out the signature, which the page makes itself. */
const isAsked = (/** @type {Parameter} */ { name }) => name !== 'SWI-CS'

/**
 * Returns a form that sends the request and shows the answer.
 * @param {Components} components
 * @param {Endpoint} endpoint
 */
export function tryItOut(components, endpoint) {
  const { operation } = endpoint
  const form = element('form', {
    autocomplete: 'off',
    'aria-label': `Try out ${endpoint.method.toUpperCase()} ${endpoint.path}`,
  })
  form.append(element('h3', {}, 'Try it out'), ...identityFields(endpoint))
  for (const parameter of operation.parameters.filter(isAsked))
    form.append(parameterField(components, endpoint, parameter))
  form.append(...bodyFields(endpoint))
  const status = element('p', { role: 'status' })
  const answer = element('div')
  form.append(element('button', { type: 'submit' }, 'Send'), status, answer)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    answer.replaceChildren()
    status.className = ''
    status.textContent = 'Sending ...'
    try {
      const { text, ok, parts } = await outcomeOf(components, endpoint, new FormData(form))
      status.className = ok ? 'ok' : 'refused'
      status.textContent = text
      answer.replaceChildren(...parts)
    } catch (error) {
      status.className = 'refused'
      status.textContent = `It could not be sent: ${error}`
    }
  })
  return form
}

/**
 * Returns the choice of the way to call, if there are several; the first with all credentials entered is preselected.
 * @param {Endpoint} endpoint
 */
function identityFields({ operation: { operationId, security } }) {
  if (security.length < 2) return []
  const select = element('select', { id: `${operationId}-way`, name: 'way' })
  const ready = security.findIndex(isReady)
  for (const [index, way] of security.entries())
    select.append(element('option', { value: `${index}`, selected: index === ready }, nameOfWay(way)))
  return [field(select, 'Call with')]
}

/**
 * @param {Components} components
 * @param {Endpoint} endpoint
 * @param {Parameter} parameter
 */
function parameterField(
  components,
  { operation: { operationId } },
  { in: place, name, required, description, schema },
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

/** @param {Endpoint} endpoint */
function bodyFields({ operation: { operationId, requestBody } }) {
  const content = Object.entries(requestBody?.content ?? {})
  const [first] = content
  if (!first) return []
  const area = element('textarea', {
    id: `${operationId}-body`,
    name: 'body',
    rows: '8',
    spellcheck: 'false',
  })
  const show = (/** @type {unknown} */ example) => {
    area.value = typeof example === 'string' ? example : JSON.stringify(example, null, 2)
  }
  show(first[1].example)
  const type = element('select', { id: `${operationId}-type`, name: 'type' })
  for (const [mediaType] of content) type.append(element('option', {}, mediaType))
  type.addEventListener('change', () => show(requestBody?.content[type.value]?.example))
  const typeField = field(type, 'Type of the body')
  typeField.hidden = content.length === 1
  return [typeField, field(area, 'Body')]
}

/**
 * @param {Components} components
 * @param {Endpoint} endpoint
 * @param {FormData} entered
 */
async function outcomeOf(components, { method, path, operation }, entered) {
  const outgoing = outgoingOf(method, path, operation.parameters.filter(isAsked), entered)
  await identify(components, operation.security[Number(entered.get('way') ?? 0)] ?? {}, outgoing)
  const { status, ok, headers, body } = await send(outgoing)
  if (ok && operation.operationId === 'login') keepToken(body)
  const parts = [
    codeBlock(headersOf(components, headers), 'Headers of the answer'),
    codeBlock(body, 'Body of the answer'),
  ]
  return { text: `${status}: ${outgoing.method} ${outgoing.path}`, ok, parts }
}

/**
 * Returns the headers of an answer that the document describes.
 * @param {Components} components
 * @param {Headers} headers
 */
const headersOf = (components, headers) =>
  Object.keys(components.headers)
    .flatMap((name) => (headers.has(name) ? [`${name}: ${headers.get(name)}`] : []))
    .join('\n')

/**
 * @param {string} method
 * @param {string} template
 * @param {Parameter[]} parameters
 * @param {FormData} entered
 * @returns {Outgoing}
 */
function outgoingOf(method, template, parameters, entered) {
  const query = new URLSearchParams()
  const headers = new Headers()
  let path = template
  for (const { in: place, name } of parameters) {
    const value = `${entered.get(`${place} ${name}`) ?? ''}`
    if (place === 'path') path = path.replace(`{${name}}`, encodeURIComponent(value))
    else if (value !== '' && place === 'query') query.set(name, value)
    else if (value !== '') headers.set(name, value)
  }
  const body = entered.get('body')
  if (body !== null) headers.set('Content-Type', `${entered.get('type')}`)
  return {
    method: method.toUpperCase(),
    path: query.size > 0 ? `${path}?${query}` : path,
    headers,
    // FormData has CR LF for a line end in a text area.
    body: body === null ? undefined : `${body}`.replaceAll('\r\n', '\n'),
  }
}

/** @param {string} answer of a login, whose token is what the next call takes */
function keepToken(answer) {
  const token = JSON.parse(answer).data?.auth_token
  if (token && credentials().client) keepCredential('session', token)
}
