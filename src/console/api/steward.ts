import { hc } from 'hono/client'
import type { AppType } from '../../../dist/client.d.ts'
import { setClock } from '../session/clock.ts'
import { overcome } from '../session/gates.ts'
import { refusalOf, unreachable, unreadable } from './refusal.ts'

/** Returns the answer to a request, whatever it says. @throws Refusal `unreachable` if none comes */
export const send = async (input: RequestInfo | URL, init: RequestInit): Promise<Response> => {
  try {
    const answer = await fetch(input, init)
    setClock(answer)
    return answer
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error
    throw unreachable()
  }
}

/** Calls once, as the person who is signed in, by the cookie. Returns the answer, whatever it says. */
export function sendAsStaff(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('X-Requested-With', 'steward-console')
  return send(input, { ...init, headers, credentials: 'same-origin' })
}

/**
 * Calls as the person who is signed in. Where that needs a sign-in or a proof first, the person is asked
 * for it, and the request is sent again: nothing typed is lost. @throws Refusal if it is refused
 */
export async function asStaff(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  for (;;) {
    const answer = await sendAsStaff(input, init)
    if (answer.ok) return answer
    const refusal = await refusalOf(answer)
    if (!(await overcome(refusal))) throw refusal
  }
}

/** The API of the staff. */
export const steward = hc<AppType>(location.origin, { fetch: asStaff })

/** Returns the body of an answer. @throws Refusal if it is refused, or `unreadable` if its body is broken off or no JSON */
export async function read<Answer extends { json(): Promise<unknown> }>(
  answer: Promise<Answer>,
): Promise<Awaited<ReturnType<Answer['json']>>> {
  const body = (await answer).json() as Promise<Awaited<ReturnType<Answer['json']>>>
  return body.catch(() => {
    throw unreadable()
  })
}
