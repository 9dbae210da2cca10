declare module '*.toml?raw' {
  const text: string
  export default text
}

/** The settings that wrangler.toml leaves at their defaults, which tests set. */
type DefaultedSettings = Omit<import('../../src/settings.ts').Variables, keyof __BaseEnv_Env>

declare namespace Cloudflare {
  interface Env extends DefaultedSettings {
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[]
    /** Miniflare's store of sent mails, as far as tests use it (see local-mail.ts). */
    SENT_MAIL: {
      listSent(): Promise<{ items: { messageId: string; to: string[] }[] }>
      findSent(id: string): Promise<import('./bindings/mail.ts').SentMail | undefined>
      clear(): Promise<void>
    }
  }
}
