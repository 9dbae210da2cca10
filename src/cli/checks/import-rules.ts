/** The floors of src/, from the ground up: a file imports from its own floor and those below. */
const FLOORS = [
  ['base', 'errors', 'log', 'env'],
  ['crypto', 'settings', 'attachment', 'db'],
  ['mail', 'http', 'openapi'],
  ['audit'],
  ['auth'],
  ['acting', 'attached'],
  ['customer'],
  ['admin'],
  ['operations', 'docs', 'app', 'jobs'],
  ['index', 'cli'],
]

/** A house of its own, for browsers: of the service it has the types of the API, which are in dist/, and no code. */
const CONSOLE = 'console'

/** Imports that a room may not make, though they are from a floor below. */
const FORBIDDEN: Record<string, readonly string[]> = {
  // A customer endpoint does not know who calls, and keeps no records.
  customer: ['acting', 'audit/recording'],
}

/** The most files of a folder that a reader takes in at a glance. */
const MAX_FILES = 14

/** Returns the folders that hold too many files to find one by a look. */
export function crowdedFolders(files: readonly string[]): string[] {
  const folders = Map.groupBy(files, (file) => file.slice(0, file.lastIndexOf('/')))
  const crowded = [...folders].filter(([, { length }]) => length > MAX_FILES)
  return crowded.map(([folder, { length }]) => `${folder} has ${length} files; ${MAX_FILES} at most`)
}

type Imports = ReadonlyMap<string, readonly string[]>

/** Returns the faults of the imports of each file: no floor, a floor above, or a room that is closed to it. */
export function faultsOf(imports: Imports): string[] {
  return [...imports].flatMap(([file, imported]) => {
    if (roomOf(file) === CONSOLE)
      return imported
        .filter((other) => other.startsWith('src/') && roomOf(other) !== CONSOLE)
        .map((other) => `${file} may not import ${other}`)
    const floor = floorOf(file)
    if (floor === -1) return [`${file} is on no floor (src/cli/checks/import-rules.ts)`]
    const closed = FORBIDDEN[roomOf(file)] ?? []
    return imported.flatMap((other) => {
      if (roomOf(other) === CONSOLE) return [`${file} may not import ${other}`]
      if (floorOf(other) > floor) return [`${file} imports from a floor above: ${other}`]
      return closed.some((room) => other.startsWith(`src/${room}/`))
        ? [`${file} may not import ${other}`]
        : []
    })
  })
}

const roomOf = (file: string) => file.split('/')[1]?.replace(/\..*/, '') ?? ''

const floorOf = (file: string) => FLOORS.findIndex((rooms) => rooms.includes(roomOf(file)))

/** Returns each set of files that reach each other, by Tarjan's algorithm. */
export function circles(imports: Imports): string[][] {
  const found: string[][] = []
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const visit = (file: string): number => {
    order.set(file, order.size)
    lowest.set(file, order.size - 1)
    open.push(file)
    for (const other of imports.get(file) ?? []) {
      if (!imports.has(other)) continue
      const reached = order.has(other) ? (open.includes(other) ? order.get(other) : undefined) : visit(other)
      lowest.set(file, Math.min(lowest.get(file) ?? 0, reached ?? Number.POSITIVE_INFINITY))
    }
    if (lowest.get(file) === order.get(file)) {
      const circle = open.splice(open.indexOf(file))
      if (circle.length > 1) found.push(circle)
    }
    return lowest.get(file) ?? 0
  }
  for (const file of imports.keys()) if (!order.has(file)) visit(file)
  return found
}
