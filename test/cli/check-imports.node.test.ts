import { expect, test } from 'vitest'
import { circles, crowdedFolders, faultsOf } from '../../src/cli/checks/import-rules.ts'

test.each([
  { name: 'a floor above', file: 'src/db/client.ts', other: 'src/http/context.ts' },
  { name: 'the front door', file: 'src/admin/surface.ts', other: 'src/app.ts' },
  {
    name: 'who calls, from a customer endpoint',
    file: 'src/customer/lists/x.ts',
    other: 'src/acting/impersonate.ts',
  },
  {
    name: 'the keeping of records, from one',
    file: 'src/customer/lists/x.ts',
    other: 'src/audit/recording/act.ts',
  },
  { name: 'a file of the service, from the console', file: 'src/console/x.tsx', other: 'src/errors.ts' },
  { name: 'the console, from the service', file: 'src/app.ts', other: 'src/console/x.tsx' },
  { name: 'a folder that has no floor', file: 'src/nowhere/x.ts', other: 'src/errors.ts' },
])('$name is not to be imported', ({ file, other }) => {
  expect(faultsOf(new Map([[file, [other]]]))).toHaveLength(1)
})

test('the own floor and those below are', () => {
  const imported = [
    'src/admin/surface.ts',
    'src/customer/x.ts',
    'src/audit/trail/queries.ts',
    'src/errors.ts',
  ]
  expect(faultsOf(new Map([['src/admin/x.ts', imported]]))).toEqual([])
})

test('files that reach each other are a circle', () => {
  const imports = new Map([
    ['a.ts', ['b.ts', 'd.ts']],
    ['b.ts', ['c.ts']],
    ['c.ts', ['a.ts']],
    ['d.ts', ['c.ts', 'e.ts']],
    ['e.ts', ['elsewhere.ts']],
  ])
  expect(circles(imports).map((circle) => circle.sort())).toEqual([['a.ts', 'b.ts', 'c.ts', 'd.ts']])
  expect(
    circles(
      new Map([
        ['a.ts', ['b.ts']],
        ['b.ts', []],
      ]),
    ),
  ).toEqual([])
})

test('a folder has 14 files at most, those of its own folders not counted', () => {
  const files = Array.from({ length: 14 }, (_, i) => `src/x/${i}.ts`)
  expect(crowdedFolders([...files, 'src/x/y/14.ts'])).toEqual([])
  expect(crowdedFolders([...files, 'src/x/14.ts'])).toEqual(['src/x has 15 files; 14 at most'])
})
