import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { type CustomerEnv, requiresCustomer } from '../../auth/requires-customer.ts'
import { describing, type Part } from '../../http/annotations.ts'
import { customerAnswer, customerChange, customerPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { limitedText, name, text } from '../../http/fields/inputs.ts'
import { pageQuery } from '../../http/pagination.ts'
import { body, query } from '../../http/validation.ts'
import { listLists } from './list-listing.service.ts'
import { copyList, MEMBERS_PER_STEP, runListTasks } from './list-tasks.service.ts'
import { createList, deleteList, getList, type ListInput, listObject, updateList } from './lists.service.ts'

const listsQuery = () => pageQuery().extend({ search: text().min(1).optional() })

const description = () => limitedText(1000).nullish()

const listBody = () =>
  z.strictObject({ name: name(), description: description().transform((value) => value ?? null) })
const listChangesBody = () => z.strictObject({ name: name().optional(), description: description() })
const copyBody = () => z.strictObject({ name: name().nullish() })

const PAGE = customerPage('lists', listObject)
const LIST_CREATED = customerChange(201, 'List created successfully', () => ({ list: listObject() }))
const SHOWN = customerAnswer(() => ({ list: listObject() }))
const LIST_UPDATED = customerChange(200, 'List updated successfully', () => ({ list: listObject() }))
const LIST_COPIED = customerChange(201, 'List copied successfully', () => ({ list: listObject() }))
const LIST_DELETED = customerChange(200, 'List deleted successfully', () => ({ list: listObject() }))

export const LISTS = {
  name: 'Lists',
  description: 'The mailing lists of a customer and who is on them.',
  parameters: {
    uid: { description: 'The uid of a list.', examples: ['xj35478ymfe15'] },
    contact_uid: { description: 'The uid of a contact in the list.', examples: ['xj35478ymfe15'] },
  },
} satisfies Part

const describes = describing(LISTS)

/** `/lists`: the mailing lists of a customer. */
export const listsRoutes = new Hono<CustomerEnv>()
  .get(
    '/lists',
    describes(() => ({
      id: 'listLists',
      summary: 'List the lists',
      description: 'Returns the lists by age, or those whose name begins with `search`, by name.',
      answers: [PAGE],
    })),
    requiresCustomer(),
    query(listsQuery),
    async (c) => {
      const { search, ...page } = c.req.valid('query')
      const found = await listLists(c.var.customer, search, page)
      return PAGE.of(c, found)
    },
  )
  .post(
    '/lists',
    describes(() => ({
      id: 'createList',
      summary: 'Create a list',
      description: 'Makes an empty list. Another one may have the same name.',
      answers: [LIST_CREATED],
    })),
    requiresCustomer(),
    body(listBody),
    async (c) => {
      const list = await createList(c.var.customer, c.req.valid('json'), c.var.now())
      setTarget(c.var.facts, 'list', list.uid)
      return LIST_CREATED.of(c, { list })
    },
  )
  .get(
    '/lists/:uid',
    describes(() => ({
      id: 'getList',
      summary: 'Get a list',
      description: 'Returns a list.',
      answers: [SHOWN],
      errors: ['list_unknown'],
    })),
    requiresCustomer({ target: 'list' }),
    async (c) => {
      const list = await getList(c.var.customer, c.req.param('uid'))
      return SHOWN.of(c, { list })
    },
  )
  .put(
    '/lists/:uid',
    describes(() => ({
      id: 'replaceList',
      summary: 'Replace a list',
      description: 'Sets name and description; a description that is left out is taken away.',
      answers: [LIST_UPDATED],
      errors: ['list_unknown'],
    })),
    requiresCustomer({ target: 'list' }),
    body(listBody),
    (c) => answerUpdated(c, c.req.param('uid'), c.req.valid('json')),
  )
  .patch(
    '/lists/:uid',
    describes(() => ({
      id: 'updateList',
      summary: 'Change a list',
      description: 'Sets what is sent.',
      answers: [LIST_UPDATED],
      errors: ['list_unknown'],
    })),
    requiresCustomer({ target: 'list' }),
    body(listChangesBody),
    (c) => answerUpdated(c, c.req.param('uid'), c.req.valid('json')),
  )
  .post(
    '/lists/:uid/copy',
    describes(() => ({
      id: 'copyList',
      summary: 'Copy a list with its members',
      answers: [LIST_COPIED],
      errors: ['list_unknown'],
      description: `The copy has the given name, or the name of the list with "(copy)" after it. Up to ${MEMBERS_PER_STEP} members are there when the answer comes; more follow within seconds to minutes, as \`contacts_count\` tells. Each has the status it has in the list when its turn comes.`,
    })),
    requiresCustomer({ target: 'list' }),
    body(copyBody),
    async (c) => {
      const { list, complete } = await copyList(
        c.var.customer,
        c.req.param('uid'),
        c.req.valid('json').name,
        c.var.now(),
      )
      setTarget(c.var.facts, 'list', list.uid)
      if (!complete) c.executionCtx.waitUntil(runListTasks(c.var.db, c.var.now))
      return LIST_COPIED.of(c, { list })
    },
  )
  .delete(
    '/lists/:uid',
    describes(() => ({
      id: 'deleteList',
      summary: 'Delete a list',
      description: 'Its contacts stay, and are in it no more. Returns the list as it was.',
      answers: [LIST_DELETED],
      errors: ['list_unknown'],
    })),
    requiresCustomer({ target: 'list' }),
    async (c) => {
      const { list, complete } = await deleteList(c.var.customer, c.req.param('uid'))
      if (!complete) c.executionCtx.waitUntil(runListTasks(c.var.db, c.var.now))
      return LIST_DELETED.of(c, { list })
    },
  )

async function answerUpdated(c: Context<CustomerEnv>, uid: string, input: Partial<ListInput>) {
  const list = await updateList(c.var.customer, uid, input, c.var.now())
  return LIST_UPDATED.of(c, { list })
}
