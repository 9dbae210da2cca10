import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import worker from '../../../src/index.ts'
import type { Answer, Caller, CallOptions } from '../calls/http.ts'
import { type CallCounts, countedBindings } from './call-counts.ts'

export { countedBindings }

/** What a call costs before its answer; what is done after it does not count. */
export async function counted(
  caller: Caller,
  path: string,
  options: CallOptions = {},
): Promise<Answer & { counts: CallCounts }> {
  const { bindings, counts } = countedBindings(env)
  let atAnswer = counts
  const answer = await caller(path, {
    ...options,
    via: async (request) => {
      const context = createExecutionContext()
      const response = await worker.fetch(request, bindings, context)
      atAnswer = { ...counts }
      await waitOnExecutionContext(context)
      return response
    },
  })
  return { ...answer, counts: atAnswer }
}
