import type { Stores } from '../../http/stores.ts'
import { type CredentialChange, credentialChangedMail } from '../../mail/factors.ts'

/**
 * Mails the owner of an account, after the answer, that how they log in has changed: who took it over must not do that
 * unseen (OWASP ASVS 5.0, 6.3.7). A mail that cannot be sent is logged, and takes nothing back.
 */
export const tellOwner = (
  { mailer, settings, later }: Pick<Stores, 'mailer' | 'settings' | 'later'>,
  email: string,
  change: CredentialChange,
): void =>
  later(
    'tell_owner',
    credentialChangedMail(email, change, settings).then((mail) => mailer.send(email, mail)),
  )
