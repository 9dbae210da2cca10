import { credentialsForm } from './credentials.js'
import { element } from './dom.js'
import { markdown } from './markdown.js'
import { operationDetails } from './operation.js'

/** @import { Document, Endpoint } from './openapi.js' */

// Shows the OpenAPI document, and lets each operation be tried.
const main = document.querySelector('main')
try {
  const answer = await fetch('/openapi.json')
  main?.replaceChildren(...page(await answer.json()))
  openLinked()
} catch (error) {
  main?.replaceChildren(element('p', { role: 'alert' }, `/openapi.json could not be shown: ${error}`))
}
addEventListener('hashchange', openLinked)

/** @param {Document} document */
function page({ info, tags, paths, components }) {
  const endpoints = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
  const parts = tags.map(({ name, description }) => ({
    id: name.toLowerCase().replaceAll(' ', '-'),
    name,
    description,
    endpoints: endpoints.filter(({ operation }) => operation.tags.includes(name)),
  }))
  return [
    element('nav', { 'aria-label': 'Parts' }, element('ul', {}, ...parts.map(partLink))),
    element(
      'section',
      { 'aria-labelledby': 'introduction' },
      element('h2', { id: 'introduction' }, 'Introduction'),
      markdown(info.description),
    ),
    credentialsSection(),
    ...parts.map(({ id, name, description, endpoints }) =>
      element(
        'section',
        { 'aria-labelledby': id },
        element('h2', { id }, name),
        ...(description ? [markdown(description)] : []),
        ...endpoints.map((/** @type {Endpoint} */ endpoint) => operationDetails(components, endpoint)),
      ),
    ),
  ]
}

/** @param {{ id: string, name: string }} part */
function partLink({ id, name }) {
  return element('li', {}, element('a', { href: `#${id}` }, name))
}

function credentialsSection() {
  return element(
    'section',
    { 'aria-labelledby': 'credentials' },
    element('h2', { id: 'credentials' }, 'Credentials'),
    markdown(
      'What you enter here goes with every call that is sent from this page, to this address and nowhere else; a body is signed with the client’s secret, which itself is never sent. It is kept in this tab only, over reloads, and gone when the tab is closed. After a login the token is entered for you.',
    ),
    credentialsForm(),
  )
}

/** Opens the operation that the address names: `/docs#createList`. */
function openLinked() {
  const linked = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (linked instanceof HTMLDetailsElement) linked.open = true
  linked?.scrollIntoView()
}
