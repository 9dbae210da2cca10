import { env } from 'cloudflare:workers'
import { vi } from 'vitest'

/** A mail as it arrived. */
export interface SentMail {
  messageId: string
  from: string
  to: string[]
  subject: string
  text: string
  html: string
}

/** The mails that arrived for an address in this test, newest first. */
export async function mailsTo(address: string): Promise<SentMail[]> {
  const { items } = await env.SENT_MAIL.listSent()
  const ids = items.filter(({ to }) => to.includes(address)).map(({ messageId }) => messageId)
  const mails = await Promise.all(ids.map((id) => env.SENT_MAIL.findSent(id.replace(/^<|>$/g, ''))))
  return mails.filter((mail) => mail !== undefined)
}

/** The newest mail for an address, once there is one. */
export const mailTo = (address: string): Promise<SentMail> =>
  vi.waitUntil(async () => (await mailsTo(address))[0], { timeout: 5_000, interval: 20 })

/** The password that a mail tells. */
export const passwordIn = ({ text }: SentMail) => /^ {4}(\S+)$/m.exec(text)?.[1] ?? ''

/** The token of the link in a mail. */
export const tokenIn = ({ text }: SentMail) => /\/admin\/unlock\?token=(\w+)/.exec(text)?.[1] ?? ''
