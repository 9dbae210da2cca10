import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { circles, faultsOf } from './import-rules.ts'

// Fails for an import that points up, to a floor above, and for files that import each other in a circle.
const files = globSync('src/**/*.{ts,js}', { exclude: ['src/docs/**', 'src/**/*.d.ts'] })
const imports = new Map(files.map((file) => [file.replaceAll('\\', '/'), importsOf(file)]))
const faults = [...faultsOf(imports), ...circles(imports).map((circle) => `a circle: ${circle.join(', ')}`)]
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exitCode = 1

/** Returns the files of the project that a file imports, types included. */
function importsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8')
  const specifiers = source.matchAll(/(?:from|import) '(\.[^']+)'|import\('(\.[^']+)'\)/g)
  return [...specifiers].map(([, named, dynamic]) => normalize(join(dirname(file), named ?? dynamic ?? '')))
}
