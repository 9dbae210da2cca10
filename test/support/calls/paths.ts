/** The path of a route without the patterns of its parameters. */
export const withoutPatterns = (path: string) => path.replace(/\{[^}]*\}/g, '')

/** The parameters of a route's path, each as the path up to and including it: `/lists/:uid`, say. */
export function parametersOf(path: string): string[] {
  const plain = withoutPatterns(path)
  return [...plain.matchAll(/:\w+/g)].map(({ index, 0: name }) => plain.slice(0, index + name.length))
}

/** The path of a route with its parameters filled in. `idFor` is asked for each, with its number. */
export function filledPath(path: string, idFor: (parameter: string, index: number) => string): string {
  const ids = parametersOf(path).map(idFor)
  let next = 0
  return withoutPatterns(path).replace(/:\w+/g, () => ids[next++] ?? '')
}
