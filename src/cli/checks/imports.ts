import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { circles, crowdedFolders, faultsOf } from './import-rules.ts'

// Fails for an import that points up, to a floor above, for files that import each other in a circle, and for a folder
// with too many files.
const files = globSync('src/**/*.{ts,tsx,js}', { exclude: ['src/docs/**', 'src/**/*.d.ts'] })
const imports = new Map(files.map((file) => [file.replaceAll('\\', '/'), importsOf(file)]))
const all = globSync('{src,test}/**/*.*').map((file) => file.replaceAll('\\', '/'))
const faults = [
  ...faultsOf(imports),
  ...circles(imports).map((circle) => `a circle: ${circle.join(', ')}`),
  ...crowdedFolders(all),
]
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exitCode = 1

/** Returns the files of the project that a file imports, types included. */
function importsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8')
  const specifiers = source.matchAll(/(?:from|import) '(\.[^']+)'|import\('(\.[^']+)'\)/g)
  return [...specifiers].map(([, named, dynamic]) => normalize(join(dirname(file), named ?? dynamic ?? '')))
}
