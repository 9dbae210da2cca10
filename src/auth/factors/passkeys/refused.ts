/** The rules of WebAuthn Level 3, sections 7.1 and 7.2, by which a ceremony is refused. */
export type PasskeyRule =
  | 'malformed'
  | 'type'
  | 'challenge'
  | 'origin'
  | 'cross_origin'
  | 'rp_id'
  | 'user_present'
  | 'user_verified'
  | 'backup'
  | 'algorithm'
  | 'public_key'
  | 'attestation'
  | 'credential_id'
  | 'owner'
  | 'user_handle'
  | 'signature'
  | 'counter'

/**
 * The refusal of a ceremony. Its rule is for the log alone: callers get one answer for all, because what differs tells
 * which credentials exist.
 */
export class PasskeyRefused extends Error {
  readonly rule: PasskeyRule

  constructor(rule: PasskeyRule) {
    super(`the passkey is refused: ${rule}`)
    this.rule = rule
  }
}

/** Throws `PasskeyRefused` with the rule unless it is kept. */
export function demand(rule: PasskeyRule, isKept: boolean): asserts isKept {
  if (!isKept) throw new PasskeyRefused(rule)
}
