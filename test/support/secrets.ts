/** The secrets of tests and benchmarks, whatever .dev.vars holds: that belongs to the local service. */
export const TEST_SECRETS = {
  CLIENT_SECRETS_KEYS: `test:${'A'.repeat(43)}`,
  AUDIT_SIGNING_KEYS: `test:${'A'.repeat(43)}`,
  ASSERTION_SIGNING_KEYS: `test:${'B'.repeat(42)}A`,
  PSEUDONYM_KEY: 'A'.repeat(43),
}
