import { rm } from 'node:fs/promises'
import { CALL_SESSION_FILE, DEMO_FILE, inProject, PROJECT_STATE } from './local/project.ts'

// Wipes what npm start keeps on this machine: data, demo credentials and the mails of the local service. The secrets of
// .dev.vars stay, for they may be your own.
for (const path of [PROJECT_STATE.folder, DEMO_FILE, CALL_SESSION_FILE, inProject('.wrangler/tmp')])
  await rm(path, { recursive: true, force: true })
console.log('The local data is gone. npm start begins anew.')
