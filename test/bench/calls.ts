import type { Load } from './load.ts'
import type { Counts } from './report.ts'
import type { BenchRequest } from './requests.ts'
import { type Running, rest } from './workers.ts'

/** What one request costs in a warm isolate. `next` gives it, and once more. */
export async function countCalls(running: Running, next: () => BenchRequest): Promise<Counts> {
  const counted = async () => {
    await check(running, next())
    await rest(running)
    return (await (await fetch(`${running.url}/__calls`)).json()) as Counts
  }
  await counted()
  return counted()
}

/** Throws unless the answer is what the request promises. */
export async function check(running: Running, request: BenchRequest): Promise<void> {
  const { url, method, headers, body, status } = requestTo(running, request)
  const answer = await fetch(url, { method, headers, ...(body && { body }) })
  const text = await answer.text()
  if (answer.status !== status || !text.includes(request.expect ?? ''))
    throw new Error(`${method} ${url}: ${answer.status} ${text}`)
}

export function requestTo(
  { url }: Running,
  { path, method = 'GET', headers, json, status = 200 }: BenchRequest,
) {
  return {
    url: url + path,
    method,
    headers: { ...headers, ...(json !== undefined && { 'Content-Type': 'application/json' }) },
    body: json === undefined ? '' : JSON.stringify(json),
    status,
  } satisfies Omit<Load, 'connections' | 'seconds'>
}
