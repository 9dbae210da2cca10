/** The bindings, as wrangler.toml declares them. */
export type Env = Cloudflare.Env

/** Milliseconds since the Unix epoch. */
export type Clock = () => number
