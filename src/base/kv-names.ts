/** The names of what is in KV. */

/** Which API key of an admin has this SHA-256, in hex. */
export const adminKeyName = (keyHash: string) => `admin_key:${keyHash}`

/** Whether the account with the email of this hash is locked. */
export const lockoutName = (emailHash: string) => `lockout:${emailHash}`
