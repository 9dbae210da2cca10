import { checksum } from '../local/checksum.ts'

/** The stages of an act's record. */
export type Stage = 'received' | 'completed'

/** Who calls, and the headers that say so. */
export interface Caller {
  name: string
  headers: Record<string, string>
  /** The secret that signs bodies on the admin surface. */
  clientSecret?: string
}

/** A call, and what has to come of it. */
export interface Step {
  what: string
  caller: Caller
  /** Method and path. */
  call: `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`
  body?: object
  /** The status it has to be answered with. */
  expect: number
  /** The records that the call has to leave. */
  records: Stage[]
}

/** A step that was taken. */
export interface Outcome extends Step {
  status: number
  text: string
  requestId: string
  auditId: string | null
}

/** Takes a step. @throws Error if the answer is another than it has to be, for the next steps build on it */
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
