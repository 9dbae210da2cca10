import { element, field } from './dom.js'

/**
 * The credentials of callers, by the names of the document's security schemes; `secret` signs.
 * @type {Record<string, { label: string, hint: string, secret?: boolean }>}
 */
const CREDENTIALS = {
  client: { label: 'Client id', hint: 'SWI-CID' },
  secret: { label: 'Client secret', hint: 'Signs what is sent: SWI-CS', secret: true },
  session: { label: 'Token', hint: 'The auth_token of a login: Authorization', secret: true },
  customerKey: { label: 'Customer’s key', hint: 'X-API-KEY', secret: true },
  adminKey: { label: 'Admin API key', hint: 'X-ADMIN-API-KEY', secret: true },
  customer: { label: 'Customer uid', hint: 'Whom an admin key acts for: X-CUSTOMER-ID' },
}

const GROUPS = { Staff: ['client', 'secret', 'session'], Customers: ['customerKey', 'adminKey', 'customer'] }

const STORAGE_KEY = 'credentials'

/** @typedef {Record<string, string>} Credentials */

/** @returns {Credentials} what was entered in this tab */
export function credentials() {
  try {
    return JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? '{}')
  } catch {
    return {}
  }
}

/**
 * Sets a credential, as if entered by hand.
 * @param {string} name
 * @param {string} value
 */
export function keepCredential(name, value) {
  sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ ...credentials(), [name]: value }))
  const input = document.getElementById(`credential-${name}`)
  if (input instanceof HTMLInputElement) input.value = value
}

/** Returns the form for credentials. They are kept in the tab's own storage, which ends with the tab. */
export function credentialsForm() {
  const form = element('form', { autocomplete: 'off' })
  for (const [group, names] of Object.entries(GROUPS)) {
    form.append(element('fieldset', {}, element('legend', {}, group), ...names.map(credentialField)))
  }
  const forget = element('button', { type: 'reset' }, 'Forget them')
  form.append(forget)
  form.addEventListener('submit', (event) => event.preventDefault())
  form.addEventListener('input', () => {
    const entered = [...new FormData(form)].filter(([, value]) => value !== '')
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(Object.fromEntries(entered)))
  })
  form.addEventListener('reset', (event) => {
    event.preventDefault()
    sessionStorage.removeItem(STORAGE_KEY)
    for (const input of form.querySelectorAll('input')) input.value = ''
  })
  return form
}

/** @param {string} name */
function credentialField(name) {
  const { label = name, hint = '', secret = false } = CREDENTIALS[name] ?? {}
  const input = element('input', {
    id: `credential-${name}`,
    name,
    type: secret ? 'password' : 'text',
    autocomplete: 'off',
    spellcheck: 'false',
  })
  input.value = credentials()[name] ?? ''
  return field(input, label, document.createTextNode(hint))
}

/**
 * Returns the ways to call an operation that can be tried out here: the session of a browser is for other pages.
 * @param {Record<string, string[]>[]} security
 */
export const waysOf = (security) =>
  security.filter((way) => Object.keys(way).every((scheme) => scheme in CREDENTIALS))

/**
 * Returns the name of a way to call an operation, from the credentials that it takes.
 * @param {Record<string, unknown>} way
 */
export const nameOfWay = (way) =>
  Object.keys(way)
    .map((scheme) => CREDENTIALS[scheme]?.label ?? scheme)
    .join(' and ') || 'Nobody in particular'

/**
 * Returns whether all credentials of a way to call are entered.
 * @param {Record<string, unknown>} way
 */
export const isReady = (way) => Object.keys(way).every((scheme) => credentials()[scheme])
