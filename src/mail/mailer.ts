import type { Env } from '../env.ts'
import { AppError } from '../errors.ts'
import { settingsOf } from '../settings.ts'

/** The content of a mail, in plain text and in HTML. */
export interface MailContent {
  subject: string
  text: string
  html: string
}

/** Sends mails, each to one person. */
export interface Mailer {
  /** @throws AppError mail_unavailable if the mail was not accepted for delivery */
  send(to: string, content: MailContent): Promise<void>
}

/**
 * Returns the mailer of the `send_email` binding
 * (https://developers.cloudflare.com/email-routing/email-workers/send-email-workers/).
 */
export function mailerOf(env: Env): Mailer {
  const { productName, mailFrom } = settingsOf(env)
  return {
    async send(to, content) {
      try {
        await env.EMAIL.send({ to, from: { name: productName, email: mailFrom }, ...content })
      } catch (cause) {
        throw new AppError('mail_unavailable', { cause })
      }
    },
  }
}
