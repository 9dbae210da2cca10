/** Returns whether a URL is an origin and nothing more: no path, query or credentials. A slash at its end is none. */
export function isBareOrigin(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { href, origin } = new URL(url)
  return href === `${origin}/`
}
