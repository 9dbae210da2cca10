import { html } from 'hono/html'
import type { MailContent } from './mailer.ts'

/** The parts of a mail, from which both bodies are made. */
export interface Letter {
  subject: string
  greeting: string
  paragraphs: string[]
  /** What it is about, by labels. Values may be what people typed. */
  facts?: Readonly<Record<string, string>>
  /** Text to copy: a password, or a call. */
  code?: string
  /** A link to follow. */
  link?: { label: string; url: string }
  closing: string
}

/** Returns the mail of a letter, in the one template: what is said first, what it is about or for, what else there is. */
export async function compose(productName: string, letter: Letter): Promise<MailContent> {
  const facts = Object.entries(letter.facts ?? {}).map(([label, value]) => [label, inOneLine(value)] as const)
  return {
    subject: letter.subject,
    text: asText(productName, letter, facts),
    html: await asHtml(productName, letter, facts),
  }
}

type Facts = readonly (readonly [label: string, value: string])[]

/**
 * Replaces line breaks, controls and marks that turn the direction of text (UAX #9): what somebody typed must not look
 * like lines of the mail itself.
 */
export const inOneLine = (value: string) =>
  value.replace(/[\s\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ').trim()

function asText(productName: string, letter: Letter, facts: Facts): string {
  const { greeting, paragraphs, code, link, closing } = letter
  const [first, ...others] = paragraphs
  const told = facts.map(([label, value]) => `  ${label}: ${value}`).join('\n')
  const highlight = [code, link?.url].filter((value) => value !== undefined).map((value) => `    ${value}`)
  const parts = [greeting, first, ...(told ? [told] : []), ...highlight, ...others, closing]
  return [...parts, `-- \n${productName}`, ''].join('\n\n')
}

const PARAGRAPH = 'margin:0 0 16px;line-height:1.5'
const TABLE = 'width:100%;margin:0 0 16px;border-collapse:collapse;line-height:1.5'
const ROW = 'border-top:1px solid #dee2e6'
const LABEL =
  'width:80px;padding:8px 12px 8px 0;white-space:nowrap;vertical-align:top;text-align:left;font-weight:400;color:#5c636a'
const VALUE = 'padding:8px 0;vertical-align:top;word-break:break-word'
const CODE = `${PARAGRAPH};padding:12px 16px;border-radius:6px;background:#f1f3f5;font:16px ui-monospace,Menlo,Consolas,monospace;word-break:break-all`
const BUTTON =
  'display:inline-block;padding:12px 20px;border-radius:6px;background:#1f4ed8;color:#fff;text-decoration:none;font-weight:600'

/** For programs that read style sheets, and have dark colours. The others keep the inline styles. */
const DARK = `@media (prefers-color-scheme:dark){
.page{background:#16181b!important;color:#e9ecef!important}.card{background:#212529!important}
.quiet{color:#adb5bd!important}.row{border-color:#3d4349!important}
.code{background:#2b3035!important}.button{background:#3b6cf0!important}}`

/** Renders HTML with inline styles and nothing to load: few mail programs keep style sheets, and none promises to. */
async function asHtml(productName: string, letter: Letter, facts: Facts): Promise<string> {
  const { subject, greeting, paragraphs, code, link, closing } = letter
  const [first, ...others] = paragraphs
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>${subject}</title>
<style>${DARK}</style>
</head>
<body class="page" style="margin:0;padding:32px 16px;background:#f8f9fa;color:#212529;font:16px system-ui,-apple-system,'Segoe UI',sans-serif">
<div class="card" style="max-width:520px;margin:0 auto;padding:32px 24px;border-radius:8px;background:#fff;overflow-wrap:anywhere">
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">${greeting}</h1>
<p style="${PARAGRAPH}">${first}</p>
${facts.length === 0 ? '' : factsTable(facts)}
${code === undefined ? '' : html`<p class="code" style="${CODE}">${code}</p>`}
${link === undefined ? '' : html`<p style="${PARAGRAPH}"><a class="button" href="${link.url}" style="${BUTTON}">${link.label}</a></p>`}
${others.map((paragraph) => html`<p style="${PARAGRAPH}">${paragraph}</p>`)}
<p class="quiet" style="margin:0;color:#5c636a;font-size:14px;line-height:1.5">${closing}</p>
</div>
<p class="quiet" style="margin:16px 0 0;text-align:center;color:#5c636a;font-size:13px">${productName}</p>
</body>
</html>
`
  return page.toString()
}

const factsTable = (facts: Facts) => html`<table style="${TABLE}">
${facts.map(
  ([label, value]) => html`<tr class="row" style="${ROW}">
<th scope="row" class="quiet" style="${LABEL}">${label}</th><td style="${VALUE}">${value}</td>
</tr>`,
)}
</table>`
