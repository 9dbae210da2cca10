import { html } from 'hono/html'
import type { Settings } from '../settings.ts'
import type { MailContent } from './mailer.ts'

/** The parts of a mail, from which both bodies are made. */
interface Letter {
  subject: string
  greeting: string
  paragraphs: string[]
  /** Text to copy: a password. */
  secret?: string
  /** A link to follow. */
  link?: { label: string; url: string }
  closing: string
}

/** Returns the mail with the first password of a new account. */
export const newAccountMail = (to: string, password: string, hours: number, { productName }: Settings) =>
  compose(productName, {
    subject: `Your ${productName} account`,
    greeting: `Welcome to ${productName}`,
    paragraphs: [
      `An account was made for ${to}. Log in with this password:`,
      `It is valid for ${hours} hours, and you will be asked to choose your own before anything else.`,
    ],
    secret: password,
    closing: 'Nobody else has this password. If you did not expect this mail, you can ignore it.',
  })

/** Returns the mail with the password after a reset. */
export const passwordResetMail = (to: string, password: string, hours: number, { productName }: Settings) =>
  compose(productName, {
    subject: `Your new ${productName} password`,
    greeting: 'Your password was reset',
    paragraphs: [
      `An administrator reset the password of ${to}, and all of its sessions and API keys were ended. Log in with this password:`,
      `It is valid for ${hours} hours, and you will be asked to choose your own before anything else.`,
    ],
    secret: password,
    closing: 'If you did not ask for this, tell an administrator.',
  })

/** Returns the mail with the link that unlocks an account. */
export const unlockMail = (to: string, token: string, minutes: number, settings: Settings) =>
  compose(settings.productName, {
    subject: `Unlock your ${settings.productName} account`,
    greeting: 'Your account is locked',
    paragraphs: [
      `Too many wrong passwords were entered for ${to}, so that nobody can log in for now. You can unlock it at once:`,
      `The link works once, within ${minutes} minutes. Your password stays as it is.`,
    ],
    link: {
      label: 'Unlock my account',
      url: `${settings.publicUrl}/admin/unlock?token=${encodeURIComponent(token)}`,
    },
    closing:
      'If it was not you who tried, somebody else may be guessing: your password was not found out. Tell an administrator if it goes on.',
  })

async function compose(productName: string, letter: Letter): Promise<MailContent> {
  return {
    subject: letter.subject,
    text: asText(productName, letter),
    html: await asHtml(productName, letter),
  }
}

function asText(productName: string, { greeting, paragraphs, secret, link, closing }: Letter): string {
  const [first, ...others] = paragraphs
  const highlight = [secret, link?.url].filter((value) => value !== undefined).map((value) => `    ${value}`)
  return [greeting, first, ...highlight, ...others, closing, `-- \n${productName}`, ''].join('\n\n')
}

const PARAGRAPH = 'margin:0 0 16px;line-height:1.5'
const CODE = `${PARAGRAPH};padding:12px 16px;border-radius:6px;background:#f1f3f5;font:16px ui-monospace,Menlo,Consolas,monospace;word-break:break-all`
const BUTTON =
  'display:inline-block;padding:12px 20px;border-radius:6px;background:#1f4ed8;color:#fff;text-decoration:none;font-weight:600'

/** Renders HTML with inline styles and nothing to load: mail programs keep neither style sheets nor promises. */
async function asHtml(productName: string, letter: Letter): Promise<string> {
  const { subject, greeting, paragraphs, secret, link, closing } = letter
  const [first, ...others] = paragraphs
  const page = await html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${subject}</title></head>
<body style="margin:0;padding:32px 16px;background:#f8f9fa;color:#212529;font:16px system-ui,-apple-system,'Segoe UI',sans-serif">
<div style="max-width:520px;margin:0 auto;padding:32px;border-radius:8px;background:#fff">
<h1 style="margin:0 0 16px;font-size:22px">${greeting}</h1>
<p style="${PARAGRAPH}">${first}</p>
${secret === undefined ? '' : html`<p style="${CODE}">${secret}</p>`}
${link === undefined ? '' : html`<p style="${PARAGRAPH}"><a href="${link.url}" style="${BUTTON}">${link.label}</a></p>`}
${others.map((paragraph) => html`<p style="${PARAGRAPH}">${paragraph}</p>`)}
<p style="margin:0;color:#6c757d;font-size:14px;line-height:1.5">${closing}</p>
</div>
<p style="margin:16px 0 0;text-align:center;color:#6c757d;font-size:13px">${productName}</p>
</body>
</html>
`
  return page.toString()
}
