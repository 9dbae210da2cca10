import type { Settings } from '../settings.ts'
import { consoleLink } from './console-link.ts'
import { compose } from './letter.ts'

/** Returns the mail with the first password of a new account. */
export const newAccountMail = (to: string, password: string, hours: number, settings: Settings) =>
  passwordMail(password, hours, settings, {
    subject: `Your ${settings.productName} account`,
    greeting: `Welcome to ${settings.productName}`,
    opening: `An account was made for ${to}.`,
    closing: 'Nobody else has this password. If you did not expect this mail, you can ignore it.',
  })

/** Returns the mail with the password after a reset. */
export const passwordResetMail = (to: string, password: string, hours: number, settings: Settings) =>
  passwordMail(password, hours, settings, {
    subject: `Your new ${settings.productName} password`,
    greeting: 'Your password was reset',
    opening: `An administrator reset the password of ${to}, and all of its sessions and API keys were ended.`,
    closing: 'If you did not ask for this, tell an administrator.',
  })

const passwordMail = (
  password: string,
  hours: number,
  settings: Settings,
  { opening, ...words }: { subject: string; greeting: string; opening: string; closing: string },
) =>
  compose(settings.productName, {
    ...words,
    paragraphs: [
      `${opening} Log in with this password:`,
      `It is valid for ${hours} hours, and you will be asked to choose your own before anything else.`,
    ],
    code: password,
    link: consoleLink(settings, 'Open the console'),
  })

/** Returns the mail with the link that unlocks an account. */
export const unlockMail = (to: string, token: string, minutes: number, settings: Settings) =>
  compose(settings.productName, {
    subject: `Unlock your ${settings.productName} account`,
    greeting: 'Your account is locked',
    paragraphs: [
      `Too many logins failed for ${to}, so that nobody can log in for now. You can unlock it at once:`,
      `The link works once, within ${minutes} minutes. Your password stays as it is.`,
    ],
    link: {
      label: 'Unlock my account',
      url: `${settings.publicUrl}/admin/unlock?token=${encodeURIComponent(token)}`,
    },
    // Wrong second factors lock an account too, and who gives one has the password.
    closing:
      'If it was not you who tried, somebody else is guessing, and may know your password: change it once you are in, and tell an administrator.',
  })
