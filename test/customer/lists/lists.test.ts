import { beforeEach, describe, expect, test } from 'vitest'
import { customerWithCallers } from '../../support/calls/http.ts'
import { pagesOf } from '../../support/calls/pages.ts'

type Customer = Awaited<ReturnType<typeof customerWithCallers>>
let customer: Customer

beforeEach(async () => {
  customer = await customerWithCallers()
})

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const UID = expect.stringMatching(/^[a-z0-9]{13}$/)

const makeList = async (name: string): Promise<string> =>
  (await customer.own('/lists', { body: { name } })).json.list.uid

test('a list is created, shown, replaced and deleted', async () => {
  const list = {
    name: 'Newsletter',
    description: 'Monthly',
    contacts_count: 0,
    created_at: TIME,
    updated_at: TIME,
  }
  const created = await customer.own('/lists', { body: { name: 'Newsletter', description: 'Monthly' } })
  expect(created.status).toBe(201)
  expect(created.json).toEqual({
    status: 'success',
    message: 'List created successfully',
    list: { ...list, uid: UID },
  })
  const { uid } = created.json.list
  const shown = await customer.own(`/lists/${uid}`)
  expect(shown).toMatchObject({ status: 200, json: { status: 'success', list } })

  const replaced = await customer.own(`/lists/${uid}`, { method: 'PUT', body: { name: 'Letters' } })
  expect(replaced.json).toEqual({
    status: 'success',
    message: 'List updated successfully',
    list: { ...list, uid, name: 'Letters', description: null },
  })
  expect((await customer.own(`/lists/${uid}`)).json.list).toEqual(replaced.json.list)

  const deleted = await customer.own(`/lists/${uid}`, { method: 'DELETE' })
  expect(deleted).toMatchObject({
    status: 200,
    json: { status: 'success', message: 'List deleted successfully' },
  })
  expect(await customer.own(`/lists/${uid}`)).toMatchObject({ status: 404, json: { code: 'list_unknown' } })
})

test('two lists may have one name', async () => {
  expect(await makeList('Twins')).not.toBe(await makeList('Twins'))
})

describe('a name', () => {
  test.each([
    ['of one character', 'a'],
    ['with white space around it, kept as sent', '  Spring  '],
    ['of 255 characters and white space', ` ${'é'.repeat(255)} `],
    ['of 255 emojis', '🐝'.repeat(255)],
    ['that looks like SQL', "'; DROP TABLE lists; --"],
  ])('%s is taken', async (_, name) => {
    const { uid } = (await customer.own('/lists', { body: { name } })).json.list
    expect((await customer.own(`/lists/${uid}`)).json.list.name).toBe(name)
  })

  test.each([
    ['missing', undefined, "can't be blank"],
    ['null', null, "can't be blank"],
    ['empty', '', "can't be blank"],
    ['white space', ' \t\n ', "can't be blank"],
    ['256 characters long', 'é'.repeat(256), 'is too long (maximum is 255 characters)'],
    ['a letter and 1,000 blanks', `A${' '.repeat(1_000)}`, 'is too long (maximum is 255 characters)'],
    ['a number', 7, 'is invalid'],
    ['an object', { $ne: '' }, 'is invalid'],
    ['with a NUL byte', 'a\0b', 'is invalid'],
    ['with a lone surrogate', 'a\ud800b', 'is invalid'],
  ])('%s is refused', async (_, name, text) => {
    const answer = await customer.own('/lists', { body: { name } })
    expect(answer).toMatchObject({
      status: 422,
      json: { status: 'error', code: 'invalid', errors: { name: [text] } },
    })
    expect((await customer.own('/lists')).json.pagination.total).toBe(0)
  })
})

describe('pages', () => {
  const names = Array.from({ length: 25 }, (_, i) => `List ${String(i).padStart(2, '0')}`)
  beforeEach(async () => {
    for (const name of names) await makeList(name)
    await makeList('Other')
  })

  const namesOf = (answer: { json: { lists: { name: string }[] } }) =>
    answer.json.lists.map(({ name }) => name)

  test('by number', async () => {
    const first = await customer.own('/lists')
    expect(namesOf(first)).toEqual(names.slice(0, 20))
    expect(first.json.pagination).toEqual({
      page: 1,
      per_page: 20,
      total: 26,
      total_pages: 2,
      next_cursor: expect.any(String),
    })
    const second = await customer.own('/lists?page=2')
    expect(namesOf(second)).toEqual([...names.slice(20), 'Other'])
    expect(second.json.pagination).toMatchObject({ page: 2, next_cursor: null })
    expect(namesOf(await customer.own('/lists?page=3'))).toEqual([])
  })

  test.each(['/lists?per_page=7', '/lists?per_page=7&search=list'])(
    'by cursor, each thing once: %s',
    async (path) => {
      const pages = await pagesOf(customer.own, path)
      expect(pages.map(({ pagination }) => pagination.page)).toEqual(pages.map((_, i) => i + 1))
      for (const { lists } of pages.slice(0, -1)) expect(lists).toHaveLength(7)
      const seen = pages.flatMap(({ lists }) => lists.map(({ name }: { name: string }) => name))
      expect(seen).toEqual(path.includes('search') ? names : [...names, 'Other'])
    },
  )

  test('by cursor among lists of one name, each once, the oldest first', async () => {
    const made: string[] = []
    for (const name of ['Same', 'same', 'Sama', 'SAME', 'Samf']) made.push(await makeList(name))
    const inOrder = [2, 0, 1, 3, 4].map((i) => made[i])
    for (const size of [1, 2, 3]) {
      const pages = await pagesOf(customer.own, `/lists?search=sam&per_page=${size}`)
      const seen = pages.flatMap(({ lists }) => lists.map(({ uid }: { uid: string }) => uid))
      expect.soft(seen, `${size} a page`).toEqual(inOrder)
    }
  })

  test('by cursor among lists of the longest names, in JSON and in all', async () => {
    const names = ['\u0001', '字', '🐝'].map((character) => character.repeat(255) + '\v'.repeat(745))
    for (const name of names) {
      for (const _ of [1, 2]) await makeList(name)
      const search = encodeURIComponent(name.slice(0, 2))
      const pages = await pagesOf(customer.own, `/lists?search=${search}&per_page=1`)
      expect.soft(pages.flatMap(({ lists }) => lists)).toMatchObject([{ name }, { name }])
    }
  })

  test.each([
    ['of a search', '/lists?search=l&per_page=1', '/lists?cursor='],
    ['of no search', '/lists?per_page=1', '/lists?search=l&cursor='],
    ['of another search', '/lists?search=l&per_page=1', '/lists?search=o&cursor='],
  ])('a cursor %s does not fit elsewhere', async (_, from, to) => {
    const { next_cursor } = (await customer.own(from)).json.pagination
    const answer = await customer.own(to + next_cursor)
    expect(answer).toMatchObject({ status: 422, json: { errors: { cursor: ['is invalid'] } } })
  })

  test('search finds what begins so, in any case', async () => {
    expect(namesOf(await customer.own('/lists?search=LIST%200'))).toEqual(names.slice(0, 10))
    expect((await customer.own('/lists?search=list')).json.pagination.total).toBe(25)
    for (const nothing of ['ist', '%25', '_ist', "'"]) {
      expect.soft(namesOf(await customer.own(`/lists?search=${nothing}`))).toEqual([])
    }
  })
})

test.each([
  'page=0',
  'page=-1',
  'page=1.5',
  'page=1e3',
  'page=x',
  'page=',
  'page=99999999999999999999',
  'per_page=0',
  'per_page=101',
  'per_page=x',
  'cursor=x',
  'cursor=W10',
  'cursor=%00',
  `cursor=${'A'.repeat(2000)}`,
])('GET /lists?%s is invalid', async (query) => {
  const field = query.split('=')[0] ?? ''
  expect(await customer.own(`/lists?${query}`)).toMatchObject({
    status: 422,
    json: { code: 'invalid', errors: { [field]: [expect.any(String)] } },
  })
})

test('too far a page points to the cursor', async () => {
  const answer = await customer.own('/lists?page=502&per_page=20')
  expect(answer.json.errors.page).toEqual(['is past row 10000, follow next_cursor instead'])
})
