import { env } from 'cloudflare:workers'

const NUMBERS = 'WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)'

/** Gives a customer `count` new contacts, `<n>@<domain>`, in one statement. */
export async function seedContacts(
  customerUid: string,
  count: number,
  domain = 'seed.example',
): Promise<void> {
  await env.DB.prepare(
    `${NUMBERS} INSERT INTO contacts (uid, customer_uid, email, first_name, last_name, fields, created_at, updated_at)
     SELECT substr(lower(hex(randomblob(7))), 1, 13), ?2, 'member' || n || '@' || ?3, 'First' || (n % 1000), 'Last' || n, '{}', 0, 0
     FROM numbers`,
  )
    .bind(count, customerUid, domain)
    .run()
}

/** Puts the `count` newest contacts of a list's customer into the list, of each status a quarter. */
export async function seedMembers(listUid: string, count: number): Promise<void> {
  const list = await env.DB.prepare('SELECT customer_uid FROM lists WHERE uid = ?')
    .bind(listUid)
    .first<{ customer_uid: string }>()
  if (!list) throw new Error('no such list')
  await seedContacts(list.customer_uid, count)
  await env.DB.prepare(
    `INSERT INTO list_contacts (list_id, contact_id, customer_uid, status, created_at, updated_at)
     SELECT lists.id, contacts.id, lists.customer_uid,
       CASE contacts.id % 4 WHEN 0 THEN 'subscribed' WHEN 1 THEN 'unsubscribed' WHEN 2 THEN 'unconfirmed' ELSE 'blacklisted' END, 0, 0
     FROM lists JOIN contacts USING (customer_uid) WHERE lists.uid = ?1 ORDER BY contacts.id DESC LIMIT ?2`,
  )
    .bind(listUid, count)
    .run()
}
