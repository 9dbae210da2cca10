import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { newAccountMail, passwordResetMail, unlockMail } from '../../src/mail/accounts.ts'
import { mailerOf } from '../../src/mail/mailer.ts'
import { settingsOf } from '../../src/settings.ts'
import { mailsTo, mailTo, passwordIn, tokenIn } from '../support/bindings/mail.ts'

const TO = 'person@example.com'
const settings = settingsOf(env)

test('a mail arrives with its sender, subject and both bodies', async () => {
  await mailerOf(env).send(TO, await newAccountMail(TO, 'seven-words', 72, settings))
  const mail = await mailTo(TO)
  expect(mail).toMatchObject({
    from: '"Steward" <steward@example.com>',
    to: [TO],
    subject: 'Your Steward account',
  })
  expect(passwordIn(mail)).toBe('seven-words')
  for (const body of [mail.text, mail.html]) {
    expect.soft(body).toContain('seven-words')
    expect.soft(body).toContain(TO)
    expect.soft(body).toContain('72 hours')
  }
})

test.each([
  ['a new account', () => newAccountMail(TO, 'seven-words', 72, settings)],
  ['a reset', () => passwordResetMail(TO, 'seven-words', 72, settings)],
  ['an unlock link', () => unlockMail(TO, 'stw_unlock_abc', 60, settings)],
])('the mail of %s loads nothing from anywhere and runs nothing', async (_, compose) => {
  const { html, text } = await compose()
  expect(html).not.toMatch(/<(script|img|link|iframe)\b|src=|url\(|@import/i)
  expect(text).not.toContain('<')
})

test('what is put into a mail is text, never markup', async () => {
  const { html } = await newAccountMail('<b>"&@example.com', '<i>', 72, {
    ...settings,
    productName: '<script>',
  })
  expect(html).not.toMatch(/<(b|i|script)>/)
  expect(html).toContain('&lt;b&gt;&quot;&amp;@example.com')
})

test('a link begins with the address of this deployment, whatever the request said', async () => {
  const deployed = settingsOf({ ...env, PUBLIC_URL: 'https://admin.example.org/' as typeof env.PUBLIC_URL })
  const mail = await unlockMail(TO, 'stw_unlock_abc', 60, deployed)
  expect(mail.text).toContain('    https://admin.example.org/admin/unlock?token=stw_unlock_abc\n')
  expect(mail.html).toContain('href="https://admin.example.org/admin/unlock?token=stw_unlock_abc"')
  await mailerOf(env).send(TO, mail)
  expect(tokenIn(await mailTo(TO))).toBe('stw_unlock_abc')
})

test('a mail that the binding refuses is mail_unavailable', async () => {
  const broken = { ...env, EMAIL: { send: () => Promise.reject(new Error('E_SENDER_NOT_VERIFIED')) } }
  await expect(
    mailerOf(broken).send(TO, { subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' }),
  ).rejects.toMatchObject({ code: 'mail_unavailable', status: 502 })
  expect(await mailsTo(TO)).toEqual([])
})
