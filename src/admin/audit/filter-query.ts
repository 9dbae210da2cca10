import ipaddr from 'ipaddr.js'
import * as z from 'zod'
import { MAX_TEXT } from '../../audit/recording/recordable.ts'
import { entryObject } from '../../audit/trail/fields.ts'
import type { AuditFilter } from '../../audit/trail/filter.ts'
import { outcome } from '../../audit/trail/outcome.ts'
import { invalidField } from '../../errors.ts'
import { digits, moment, text, uid } from '../../http/fields/inputs.ts'

/** The query parameters of a search for entries. */
export const auditFilter = () =>
  z.strictObject({
    customer_uid: uid().optional(),
    customer: uid().optional().meta({ description: 'The same as `customer_uid`.' }),
    admin_id: digits().optional(),
    api_key_id: z
      .string()
      .regex(/^key_\w{22}$/)
      .optional(),
    grant_id: z
      .string()
      .regex(/^gra_\w{22}$/)
      .optional()
      .meta({ description: 'The access grant that acts were done under, or are about.' }),
    ip: address().optional(),
    target: text().min(1).max(MAX_TEXT).optional().meta({ description: 'The id of what an act was about.' }),
    stage: entryObject().shape.stage.optional(),
    method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).optional(),
    route: text().min(1).max(255).optional(),
    outcome: outcome().optional(),
    from: moment().optional(),
    to: moment().optional(),
  })

/** A schema for an address in its recorded form: IPv6 as in RFC 5952. */
const address = () =>
  z
    .union([z.ipv4(), z.ipv6()])
    .meta({ examples: ['203.0.113.7'] })
    .transform((value) => ipaddr.parse(value).toString())

/**
 * Returns the filter of query parameters.
 * @throws AppError invalid if they name two customers
 */
export function filterOf({
  customer_uid,
  customer = customer_uid,
  admin_id: adminId,
  api_key_id: apiKeyId,
  grant_id: grantId,
  ...filter
}: z.output<ReturnType<typeof auditFilter>>): AuditFilter {
  if (customer_uid !== undefined && customer !== customer_uid)
    throw invalidField('customer', 'is another than customer_uid')
  return { ...filter, customer, adminId, apiKeyId, grantId }
}
