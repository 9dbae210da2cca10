/** Ids of the right form that nothing has. */
export const UNKNOWN_UID = 'aaaaaaaaaaaaa'
export const UNKNOWN_KEY_ID = 'key_0000000000000000000000'
export const UNKNOWN_CLIENT_ID = 'client_0000000000000000000000'
export const UNKNOWN_SESSION_ID = 'ses_0000000000000000000000'
export const UNKNOWN_ACT_ID = 'aud_0000000000000000000000'
