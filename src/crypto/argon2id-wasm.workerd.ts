// Workers compile no WebAssembly at run time, so it is a module of its own beside the Worker's code
// (https://developers.cloudflare.com/workers/runtime-apis/webassembly/).
export { default as computeArgon2id } from 'argon2id/lib/argon2id.js'
export { default as module } from './argon2id.wasm'
