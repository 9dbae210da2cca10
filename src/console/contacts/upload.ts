import type { Acting } from '../acting/acting.ts'
import { noteAct } from '../acting/acts.ts'
import { Refusal, unreachable } from '../api/refusal.ts'
import type { Imported } from '../api/types.ts'

const isNdjson = ({ name }: File) => /\.(nd)?jsonl?$/i.test(name)

/**
 * Sends a file of contacts, and tells how much of it is sent, from 0 to 1: which fetch does not.
 * @throws Refusal if it is refused
 */
export const upload = (
  { grant, by }: Acting,
  path: string,
  file: File,
  onSent: (part: number) => void,
): Promise<Imported> => by((headers) => post(grant.id, headers, path, file, onSent))

function post(
  grantId: string,
  headers: Record<string, string>,
  path: string,
  file: File,
  onSent: (part: number) => void,
): Promise<Imported> {
  const request = new XMLHttpRequest()
  request.open('POST', path)
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
  request.setRequestHeader('Content-Type', isNdjson(file) ? 'application/x-ndjson' : 'text/csv')
  request.upload.onprogress = ({ loaded, total }) => onSent(loaded / total)
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(unreachable())
    request.onload = () => {
      const answered = new Headers(
        ['X-Request-Id', 'X-Audit-Id', 'Retry-After'].flatMap((name) => {
          const value = request.getResponseHeader(name)
          return value === null ? [] : [[name, value] as [string, string]]
        }),
      )
      noteAct(grantId, 'POST', path, { status: request.status, headers: answered })
      try {
        const body = JSON.parse(request.responseText)
        if (request.status === 200) return resolve(body)
        reject(new Refusal(request.status, body, answered))
      } catch {
        reject(unreachable())
      }
    }
    request.send(file)
  })
}
