import { cp, rm } from 'node:fs/promises'
import { build } from 'vite'
import { inProject } from './project.ts'

/** Where the pages are built: the assets of the Worker, by wrangler.toml. */
export const PAGES_FOLDER = inProject('dist/pages')

/** Builds the console, and puts the files of /docs beside it. */
export async function buildPages(): Promise<void> {
  await build({
    configFile: false,
    root: inProject('src/console'),
    base: '/console/',
    publicDir: false,
    logLevel: 'warn',
    // TypeScript and JSX as src/console/tsconfig.json says.
    build: {
      outDir: `${PAGES_FOLDER}/console`,
      emptyOutDir: true,
      assetsDir: 'files',
      // An image within a style would be a data: address, which the page's policy forbids.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      target: 'es2024',
    },
  })
  const docs = `${PAGES_FOLDER}/docs`
  await rm(docs, { recursive: true, force: true })
  // Its types and their configuration are for the check alone.
  const filter = (path: string) => !/\.(?:json|d\.ts)$/.test(path)
  await cp(inProject('src/docs'), docs, { recursive: true, filter })
}
