import { checksum } from '../local/checksum.ts'

export type Stage = 'received' | 'completed'

/** A caller, with its headers. */
export interface Caller {
  name: string
  headers: Record<string, string>
  /** The secret that signs bodies on the admin surface. */
  clientSecret?: string
}

/** A call, with its expected results. */
export interface Step {
  what: string
  caller: Caller
  /** Method and path. */
  call: `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`
  body?: object
  /** The expected status. */
  expect: number
  /** The expected records. */
  records: Stage[]
}

/** The result of a step. */
export interface Outcome extends Step {
  status: number
  text: string
  requestId: string
  auditId: string | null
}

/**
 * Makes the call of a step.
 * @throws Error if the answer is not the expected one, on which the next steps build
 */
async function takeStep(url: string, step: Step): Promise<Outcome> {
  const { caller, call, body } = step
  const [method = '', path = ''] = call.split(' ')
  const text = body && JSON.stringify(body)
  const response = await fetch(url + path, {
    method,
    headers: {
      ...caller.headers,
      ...(text && { 'Content-Type': 'application/json' }),
      ...(text && caller.clientSecret && { 'SWI-CS': checksum(caller.clientSecret, text) }),
    },
    ...(text && { body: text }),
  })
  const answer = await response.text()
  if (response.status !== step.expect)
    throw new Error(`${call} by ${caller.name} gave ${response.status}, not ${step.expect}: ${answer}`)
  return {
    ...step,
    status: response.status,
    text: answer,
    requestId: response.headers.get('X-Request-Id') ?? '',
    auditId: response.headers.get('X-Audit-Id'),
  }
}

/** The records of a read, of a change, and of what leaves none. */
export const READ: Stage[] = ['completed']
export const WRITE: Stage[] = ['received', 'completed']
export const NOTHING: Stage[] = []

// biome-ignore lint/suspicious/noExplicitAny: what the answer holds is checked by the steps that use it
export type Take = (step: Step) => Promise<any>

/** The calls of the demo, in order, and what came of them. */
export class Story {
  readonly outcomes: Outcome[] = []
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** Makes a call, and returns the body of its answer. */
  readonly take: Take = async (step) => {
    const outcome = await takeStep(this.#url, step)
    this.outcomes.push(outcome)
    return JSON.parse(outcome.text)
  }
}

/** A caller who acts for a customer with an admin key. */
export const actingFor = (customer: { uid: string; name: string }, key: string, who = 'admin'): Caller => ({
  name: `${who} for ${customer.name}`,
  headers: { 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': customer.uid, 'X-ADMIN-REASON': 'Ticket 4711' },
})

/** A customer who calls with a key of its own. */
export const customerItself = ({ name, api_key }: { name: string; api_key: string }): Caller => ({
  name,
  headers: { 'X-API-KEY': api_key },
})
