/** The bindings, as declared in wrangler.toml. */
export type Env = Cloudflare.Env

/** Returns the time in milliseconds since the Unix epoch. */
export type Clock = () => number
