/** The introduction for readers of the document: `info.description`, in CommonMark. */
export const INTRODUCTION = `Steward is two APIs on one address. Each has its own credentials and its own envelope.

## Customers: \`/lists\`, \`/contacts\`, \`/account\` ...

A customer calls with its own key: \`X-API-KEY: stw_customer_...\`. An admin calls the same endpoints for a customer with
\`X-ADMIN-API-KEY: stw_admin_...\` and \`X-CUSTOMER-ID: <uid>\`, and says why in \`X-ADMIN-REASON\`. Exactly one of the two.
Whatever an admin does for a customer is on record; the answer names the record in \`X-Audit-Id\`.

    curl -s https://steward.example.com/lists -H 'X-API-KEY: stw_customer_...'

## Staff: \`/admin\`

A registered client calls: \`SWI-CID\` is its id. Log in with \`POST /admin/login\`, and send the \`auth_token\` with every
other call as \`Authorization: Bearer <auth_token>\`. Where an operation lists \`adminKey\`, \`X-ADMIN-API-KEY\` can stand for
client and session. A page of this service in a browser is no client: it sends \`X-Requested-With: steward-console\`, and has
its session in a cookie.

**Signing.** \`SWI-CS\` is the lower-case hex of HMAC-SHA-256 over the raw bytes of the request body, keyed with the
client's secret. Every call of this surface that takes a body needs it; of no body it may be sent and is checked too.

    printf '%s' '{"email":"a@example.com","role":"admin"}' | openssl dgst -sha256 -hmac swi-test-secret -r | cut -d ' ' -f 1
    bdc1309039da4bd74b5d88bc9e44e2ba6f401888607874471b8c569bffb5eafb

Sign the very bytes that are sent: a body that is written out a second time may come out otherwise.

## Bodies

This document shows bodies as \`application/json\`. Every operation that takes one takes the same as
\`application/x-www-form-urlencoded\` and \`multipart/form-data\` too, nested as PHP writes it (\`fields[city]=Paris\`,
\`ids[]=1\`). A body has at most 1 MiB, a bulk one 8 MiB. Times are RFC 3339, uids 13 characters.

## Pages

Collections take \`page\` (from 1) and \`per_page\` (1 to 100, 20 unless asked for), and answer where the page stands. To read
on, send \`next_cursor\` back as \`cursor\`, with the same filters and without \`page\`, until it is null: that costs the same
however far on it is, and skips nothing.

## Repeating a request

Any POST of the customers' API takes an \`Idempotency-Key\`. The same key with the same request within 24 hours gives the
first answer again, marked \`Idempotent-Replayed: true\`, and does nothing twice. Reads, PUT and DELETE can be repeated as
they are.

## Errors

A refusal has a \`code\` for programs, a text for people (\`message\` for staff, \`error\` for customers), and the
\`request_id\` that every answer has in \`X-Request-Id\`. 422 names every invalid field at once in \`errors\`. 429 and 503 say
in \`Retry-After\` after how many seconds to come back; of a 503 nothing was done. Each operation lists the codes it can
answer by status. More members may be added to any answer: pass over those that you do not know.
`
