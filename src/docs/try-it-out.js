import { credentials, keepCredential, waysOf } from './credentials.js'
import { codeBlock, element } from './dom.js'
import { bodyFields, identityFields, parameterField } from './request-fields.js'
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
  form.append(...bodyFields(components, endpoint))
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
 * @param {Components} components
 * @param {Endpoint} endpoint
 * @param {FormData} entered
 */
async function outcomeOf(components, { method, path, operation }, entered) {
  const outgoing = outgoingOf(method, path, operation.parameters.filter(isAsked), entered)
  await identify(components, waysOf(operation.security)[Number(entered.get('way') ?? 0)] ?? {}, outgoing)
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
