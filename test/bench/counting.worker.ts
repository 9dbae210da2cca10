import type { Env } from '../../src/env.ts'
import worker from '../../src/index.ts'
import { countedBindings } from '../support/call-counts.ts'

/** The service as it is; each answer says in `X-Calls` what it cost up to then. */
export default {
  ...worker,
  async fetch(request, env, context) {
    const { bindings, counts } = countedBindings(env)
    const answer = await worker.fetch(request, bindings, context)
    const counted = new Response(answer.body, answer)
    counted.headers.set('X-Calls', JSON.stringify(counts))
    return counted
  },
} satisfies ExportedHandler<Env>
