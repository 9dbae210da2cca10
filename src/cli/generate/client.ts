import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { inProject } from '../local/project.ts'

// Writes `AppType` for hono's client into one file that needs hono and nothing else: no source of the service, and none
// of Cloudflare's types.
const { values } = parseArgs({ options: { out: { type: 'string', default: inProject('dist/client.d.ts') } } })
const SOURCE = 'src/cli/generate/routes-type.ts'

// Within the project, so that the compiler finds its packages from here.
mkdirSync(inProject('dist'), { recursive: true })
const folder = mkdtempSync(inProject('dist/client-'))
try {
  writeFileSync(values.out, declaration(routesType()))
  console.log(`Wrote ${values.out}`)
} finally {
  rmSync(folder, { recursive: true })
}

/** The type of the routes, written out by the compiler. @throws Error if it names a file of the service */
function routesType(): string {
  const config = {
    extends: inProject('tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: inProject('.'),
      outDir: folder,
    },
    include: [],
    files: [inProject(SOURCE), inProject('src/bindings.d.ts')],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  execFileSync('tsc', ['--project', folder], { stdio: 'inherit' })
  const emitted = readFileSync(join(folder, SOURCE.replace(/\.ts$/, '.d.ts')), 'utf8')
  const [, type] = /^export declare const routes: ([\s\S]*?);\n(?:export \{\};\n)?$/m.exec(emitted) ?? []
  if (!type) throw new Error(`${SOURCE} was not written out`)
  const [own] = /import\("\.[^"]*"\)/.exec(type) ?? []
  if (own) throw new Error(`The type of the routes names a file of the service: ${own}`)
  return type
}

function declaration(routes: string): string {
  return `// Made by npm run generate:client of Steward.
import type { Hono } from 'hono'
import type { BlankEnv } from 'hono/types'

/** The routes of Steward with what they take and give: \`hc<AppType>(url)\` of hono/client. */
export type AppType = Hono<BlankEnv, Routes, '/'>

type Routes = ${routes}
`
}
