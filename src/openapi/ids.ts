/**
 * What generated clients call their methods. They are part of the API: a name that is here stays, and a new route gets
 * its own line.
 */
export const OPERATION_IDS: Record<string, string> = {
  'GET /health': 'getHealth',
  'GET /health/ready': 'getReadiness',
  'GET /openapi.json': 'getOpenapiDocument',
  'GET /docs': 'getDocumentation',
  'GET /.well-known/steward-audit-keys.json': 'getAuditKeys',

  'GET /admin/unlock': 'getUnlockPage',
  'POST /admin/unlock': 'unlockByLink',
  'POST /admin/login': 'login',
  'POST /admin/logout': 'logout',
  'GET /admin': 'getOwnAdmin',
  'GET /admin/list': 'listAdmins',
  'GET /admin/{id}': 'getAdmin',
  'POST /admin/new': 'createAdmin',
  'POST /admin/disable/{id}': 'disableAdmin',
  'POST /admin/enable/{id}': 'enableAdmin',
  'POST /admin/role/{id}': 'changeAdminRole',
  'POST /admin/unlock/{id}': 'mailUnlockLink',
  'POST /admin/update_password': 'changeOwnPassword',
  'POST /admin/reset_password/{id}': 'resetAdminPassword',
  'POST /admin/revoke_credentials/{id}': 'revokeAdminCredentials',
  'GET /admin/sessions': 'listOwnSessions',
  'DELETE /admin/sessions/{id}': 'endOwnSession',
  'DELETE /admin/{id}/sessions': 'endAdminSessions',

  'POST /admin/api_keys': 'createAdminApiKey',
  'GET /admin/api_keys': 'listAdminApiKeys',
  'GET /admin/api_keys/{id}': 'getAdminApiKey',
  'DELETE /admin/api_keys/{id}': 'revokeAdminApiKey',
  'POST /admin/api_keys/{id}/roll': 'rollAdminApiKey',

  'POST /admin/clients': 'createClient',
  'GET /admin/clients': 'listClients',
  'GET /admin/clients/{id}': 'getClient',
  'PATCH /admin/clients/{id}': 'updateClient',
  'POST /admin/clients/{id}/rotate': 'rotateClientSecret',
  'POST /admin/clients/{id}/disable': 'disableClient',
  'POST /admin/clients/{id}/enable': 'enableClient',

  'GET /admin/customers': 'listCustomers',
  'POST /admin/customers': 'createCustomer',
  'GET /admin/customers/{uid}': 'getCustomer',
  'PUT /admin/customers/{uid}': 'replaceCustomer',
  'PATCH /admin/customers/{uid}': 'updateCustomer',
  'DELETE /admin/customers/{uid}': 'deleteCustomer',
  'POST /admin/customers/{uid}/suspend': 'suspendCustomer',
  'POST /admin/customers/{uid}/activate': 'activateCustomer',
  'POST /admin/customers/{uid}/api_keys': 'createCustomerApiKey',

  'GET /admin/audit': 'listAuditEntries',
  'GET /admin/audit/export': 'exportAuditEntries',
  'GET /admin/audit/{id}': 'getAuditEntry',
  'GET /admin/audit/dead_letters': 'listDeadLetters',
  'POST /admin/audit/dead_letters/{id}/replay': 'replayDeadLetter',

  'GET /lists': 'listLists',
  'POST /lists': 'createList',
  'GET /lists/{uid}': 'getList',
  'PUT /lists/{uid}': 'replaceList',
  'PATCH /lists/{uid}': 'updateList',
  'DELETE /lists/{uid}': 'deleteList',
  'POST /lists/{uid}/copy': 'copyList',
  'GET /lists/{uid}/contacts': 'listMembers',
  'POST /lists/{uid}/contacts': 'addMember',
  'PUT /lists/{uid}/contacts/{contact_uid}': 'updateMember',
  'DELETE /lists/{uid}/contacts/{contact_uid}': 'removeMember',
  'POST /lists/{uid}/contacts/bulk': 'bulkAddMembers',

  'GET /contacts': 'listContacts',
  'POST /contacts': 'createContact',
  'GET /contacts/{uid}': 'getContact',
  'PUT /contacts/{uid}': 'replaceContact',
  'PATCH /contacts/{uid}': 'updateContact',
  'DELETE /contacts/{uid}': 'deleteContact',
  'POST /contacts/bulk': 'bulkUpsertContacts',
  'GET /contacts/export': 'exportContacts',

  'GET /account': 'getAccount',
  'GET /api_keys': 'listApiKeys',
  'POST /api_keys': 'createApiKey',
  'DELETE /api_keys/{id}': 'revokeApiKey',
  'GET /access_log': 'listAccessLog',
}

/** The name of a route; one of its method and path, `postListsByUidMerge`, where it has none of its own. */
export const operationId = (method: string, template: string): string =>
  OPERATION_IDS[`${method} ${template}`] ?? idOfPath(method, template)

const idOfPath = (method: string, template: string) =>
  [method.toLowerCase(), ...template.split('/')]
    .map((part) => part.replace(/^\{(.*)\}$/, 'by_$1'))
    .map((part) => part.replace(/(^|[_.-])(\w)/g, (_, __, letter: string) => letter.toUpperCase()))
    .join('')
    .replace(/^./, (letter) => letter.toLowerCase())
