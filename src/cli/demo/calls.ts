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
export async function takeStep(url: string, step: Step): Promise<Outcome> {
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
