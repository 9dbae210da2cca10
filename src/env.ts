/** The bindings, as declared in wrangler.toml, and the one that a deployment may add. */
export type Env = Cloudflare.Env & {
  /** The API that is attached by a service binding. */
  CUSTOMER_API?: Fetcher
}

/** Returns the time in milliseconds since the Unix epoch. */
export type Clock = () => number
