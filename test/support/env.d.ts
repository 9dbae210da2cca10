declare module '*.toml?raw' {
  const text: string
  export default text
}

declare namespace Cloudflare {
  interface Env {
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[]
    /** Miniflare's store of sent mails, as far as tests use it (see local-mail.ts). */
    SENT_MAIL: {
      listSent(): Promise<{ items: { messageId: string; to: string[] }[] }>
      findSent(id: string): Promise<import('./bindings/mail.ts').SentMail | undefined>
      clear(): Promise<void>
    }
  }
}
