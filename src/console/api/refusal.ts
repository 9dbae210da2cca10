import { inWords } from '../parts/time.tsx'

/** What keeps the service from doing as asked, as the person reads it. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  /** The errors of invalid fields, by field. */
  readonly fields: Record<string, string[]>
  readonly requestId: string | null
  readonly retryAfterSeconds: number | null
  /** The body whole: some refusals say more, such as the id of what is in the way. */
  readonly details: Record<string, unknown>

  constructor(status: number, body: Record<string, unknown>, headers = new Headers()) {
    super(String(WORDS[String(body.code)] ?? body.message ?? body.error ?? 'The answer could not be read'))
    this.status = status
    this.code = String(body.code ?? '')
    this.fields = (body.errors ?? {}) as Record<string, string[]>
    this.requestId = headers.get('X-Request-Id')
    const seconds = Number(headers.get('Retry-After'))
    this.retryAfterSeconds = seconds > 0 ? seconds : null
    this.details = body
  }

  /** What to do about it. */
  get advice(): string {
    if (this.details.locked === true && this.retryAfterSeconds) return lockedFor(this.retryAfterSeconds)
    if (this.retryAfterSeconds) return `Try again in ${inWords(this.retryAfterSeconds * 1000)}.`
    return ADVICE[this.code] ?? (this.status >= 500 ? FAULT : '')
  }
}

const lockedFor = (seconds: number) =>
  `There were too many attempts. Wait ${inWords(seconds * 1000)}, or follow the link of the mail that unlocks the account.`

const FAULT = 'Try again. If it happens again, give the request id to those who run Steward.'

/** What is said to people, where the service says it to programs. */
const WORDS: Record<string, string> = {
  reauthentication_required: 'Nothing is changed: it was not confirmed that it is you',
}

const ADVICE: Record<string, string> = {
  unreachable: 'Check your connection, then try again. What you typed is still here.',
  unreadable:
    'Check your connection. If you changed something, look whether it is done before you try again.',
  forbidden: 'Your role does not allow it. A super admin can do it, or give you another role.',
  reauthentication_required: 'Do it again, and confirm.',
  key_invalid: 'Your access is over. Ask for it again.',
  consent_required: 'Ask for access: the customer decides.',
  access_closed: 'The customer has closed its account to staff. Ask it to open it.',
  scope_insufficient: 'You have access to read. To change something, ask for access to write.',
  impersonation_stopped: 'Somebody stopped it for everyone. Health says who, and why.',
  customer_inactive: 'The customer has to be activated first.',
  grant_exists: 'Go on with it by “Go on here” at the top, or wait for whoever has to decide.',
  last_super_admin: 'Make somebody else super admin first.',
  last_factor: 'Your role needs a second factor. Add another one first.',
  invalid: 'Correct what is named, then try again.',
}

/** Returns what an answer refuses. */
export async function refusalOf(answer: Response): Promise<Refusal> {
  const body = await answer.json().catch(() => null)
  return new Refusal(
    answer.status,
    body ?? { message: `The service answered ${answer.status}` },
    answer.headers,
  )
}

/** Returns what went wrong as a refusal, whatever it was. */
export const asRefusal = (error: unknown): Refusal =>
  error instanceof Refusal ? error : new Refusal(0, { message: String((error as Error)?.message ?? error) })

export const unreachable = () =>
  new Refusal(0, { code: 'unreachable', message: 'Steward could not be reached, or did not answer' })

export const unreadable = () =>
  new Refusal(0, { code: 'unreadable', message: 'The answer could not be read' })
