import type { Settings } from '../settings.ts'
import { compose } from './letter.ts'
import type { MailContent } from './mailer.ts'

/** What changed of how somebody proves who they are. */
const CHANGES = {
  password_changed: 'The password was changed.',
  passkey_added: 'A passkey was added.',
  passkey_removed: 'A passkey was removed.',
  totp_added: 'An authenticator app was set up.',
  totp_removed: 'The authenticator app was removed.',
  recovery_codes_renewed: 'New recovery codes were made, and the ones before do not work any more.',
  factors_reset:
    'An administrator took all second factors away, and ended all sessions and API keys. Set up a new one when you log in.',
} as const

export type CredentialChange = keyof typeof CHANGES

/** Returns the mail that tells the owner of an account of a change to how they log in. */
export const credentialChangedMail = (
  to: string,
  change: CredentialChange,
  { productName }: Settings,
): Promise<MailContent> =>
  compose(productName, {
    subject: `Your ${productName} account: how you log in has changed`,
    greeting: 'How you log in has changed',
    paragraphs: [`${CHANGES[change]} This is about the account of ${to}.`],
    closing:
      'If it was not you, somebody else has access to your account. Tell an administrator at once: they can end everything that lets anybody in.',
  })
