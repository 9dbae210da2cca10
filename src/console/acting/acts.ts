import { signal } from '@preact/signals'
import { endings } from '../session/session.ts'

/** What this page did under a grant. */
export interface Act {
  at: string
  method: string
  path: string
  status: number
  /** The id of its record. */
  auditId: string | null
}

const acts = signal<ReadonlyMap<string, readonly Act[]>>(new Map())

endings.add(() => {
  acts.value = new Map()
})

/** Notes a call. Query values may be a customer's data: they are left out, as the record leaves them out. */
export function noteAct(
  grantId: string,
  method: string,
  url: string,
  answer: Pick<Response, 'status' | 'headers'>,
): void {
  const act = {
    at: new Date().toISOString(),
    method,
    path: new URL(url, location.origin).pathname,
    status: answer.status,
    auditId: answer.headers.get('X-Audit-Id'),
  }
  acts.value = new Map([...acts.value, [grantId, [act, ...actsUnder(grantId)]]])
}

/** Returns what this page did under a grant, newest first. */
export const actsUnder = (grantId: string): readonly Act[] => acts.value.get(grantId) ?? []
