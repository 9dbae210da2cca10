import { unstable_readConfig } from 'wrangler'
import { codeIn, firstCells } from './markdown.ts'

/** The tables of docs/configuration.md that are kept by hand, by the heading above each. */
export type Configuration = Record<'## Secrets' | '## Bindings', string[]>

/** Returns the names that a wrangler.toml knows. */
export function configurationOf(path: string): Configuration {
  const config = unstable_readConfig({ config: path })
  const bindings = [
    ...config.d1_databases,
    ...config.kv_namespaces,
    ...config.r2_buckets,
    ...(config.queues.producers ?? []),
  ].map(({ binding }) => binding)
  const named = [...config.send_email, ...config.ratelimits].map(({ name }) => name)
  return {
    '## Secrets': config.secrets?.required ?? [],
    '## Bindings': [
      ...bindings,
      ...named,
      ...(config.assets?.binding ? [config.assets.binding] : []),
      // A deployment adds it if it attaches an API by a service binding.
      'CUSTOMER_API',
    ],
  }
}

/** Returns which names the tables of the page lack, and which of theirs nothing knows. */
export function configurationProblems(markdown: string, configuration: Configuration): string[] {
  return Object.entries(configuration).flatMap(([heading, known]) => {
    const described = firstCells(markdown, heading).flatMap(codeIn)
    return [
      ...known.filter((name) => !described.includes(name)).map((name) => `${name} is not below ${heading}`),
      ...described
        .filter((name) => !known.includes(name))
        .map((name) => `${name} below ${heading} is unknown`),
    ]
  })
}
