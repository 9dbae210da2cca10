/** Where Miniflare's `send_email` keeps every mail that was sent, headers and bodies, until the run is over. */
const STORE = { name: 'email:store' }

/**
 * A Miniflare plugin that binds that store, so that a test inside workerd can read what arrived. It adds no service of
 * its own: the store and what fills it are Miniflare's.
 */
export const plugins = {
  'sent-mail': {
    getBindings: ({ config }: { config: { env?: Record<string, { type: string }> } }) =>
      Object.entries(config.env ?? {})
        .filter(([, { type }]) => type === 'unsafe:sent-mail')
        .map(([name]) => ({ name, service: STORE })),
    getNodeBindings: () => ({}),
    getServices: () => [],
  },
}
