import { isMainThread } from 'node:worker_threads'

// Preloaded into wrangler: its standard input is a pipe from the script that started it, and ends with that script
// however it ends, so that nothing stays behind and keeps the port.
if (isMainThread) process.stdin.resume().on('end', () => process.kill(process.pid, 'SIGTERM'))
