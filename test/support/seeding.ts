const NUMBERS =
  'WITH RECURSIVE numbers(n) AS (SELECT 1 WHERE ?1 > 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)'

/** What a statement makes at most: one that takes seconds lets the connection that Node asks by run out. */
const STEP = 20_000

/** The uid, email, and last name of a customer's n-th seeded contact. */
export const SEEDED_CONTACT = {
  uid: (customerUid: string, n: number) => customerUid.slice(0, 6) + padded(n),
  email: (n: number) => `member${padded(n)}@seed.example`,
  lastName: (n: number) => `Last${padded(n)}`,
}

const padded = (n: number) => String(n).padStart(7, '0')

/** What fills a database with many rows, in few statements; in Node as in workerd. */
export function seeding(db: D1Database) {
  /** Gives a customer `count` new lists, `List <n>`. */
  async function seedLists(customerUid: string, count: number): Promise<void> {
    await db
      .prepare(
        `${NUMBERS} INSERT INTO lists (uid, customer_uid, name, created_at, updated_at)
         SELECT substr(?2, 1, 6) || printf('%07d', n), ?2, printf('List %06d', n), 0, 0 FROM numbers`,
      )
      .bind(count, customerUid)
      .run()
  }

  /** Gives a customer `count` new contacts, `member<n>@seed.example`. */
  async function seedContacts(customerUid: string, count: number): Promise<void> {
    for (let done = 0; done < count; done += STEP) {
      await db
        .prepare(
          `${NUMBERS} INSERT INTO contacts (uid, customer_uid, email, first_name, last_name, fields, created_at, updated_at)
           SELECT substr(?2, 1, 6) || printf('%07d', n), ?2, printf('member%07d@seed.example', n),
             'First' || (n % 1000), printf('Last%07d', n), '{}', 0, 0
           FROM (SELECT n + ?3 AS n FROM numbers)`,
        )
        .bind(Math.min(STEP, count - done), customerUid, done)
        .run()
    }
  }

  /** Gives a list `count` new members, of each status a quarter. */
  async function seedMembers(listUid: string, count: number): Promise<void> {
    const list = await db.prepare('SELECT customer_uid FROM lists WHERE uid = ?').bind(listUid).first()
    await seedContacts(String(list?.customer_uid), count)
    await putIntoList(listUid, count)
  }

  /** Puts the newest `count` contacts of a list's customer into the list, of each status a quarter. */
  async function putIntoList(listUid: string, count: number): Promise<void> {
    for (let done = 0; done < count; done += STEP) {
      await db
        .prepare(
          `INSERT INTO list_contacts (list_id, contact_id, customer_uid, status, created_at, updated_at)
           SELECT lists.id, contacts.id, lists.customer_uid, CASE contacts.id % 4 WHEN 0 THEN 'subscribed'
             WHEN 1 THEN 'unsubscribed' WHEN 2 THEN 'unconfirmed' ELSE 'blacklisted' END, 0, 0
           FROM lists JOIN contacts USING (customer_uid) WHERE lists.uid = ?1
           ORDER BY contacts.id DESC LIMIT ?2 OFFSET ?3`,
        )
        .bind(listUid, Math.min(STEP, count - done), done)
        .run()
    }
  }

  return { seedLists, seedContacts, seedMembers, putIntoList }
}
