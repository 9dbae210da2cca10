// The package declares its two entry points only. Both of these are for argon2id-wasm.*.ts; argon2id.wasm is made of the
// package's by src/cli/generate/argon2id-wasm.ts (MIT licence, copyright 2022 Proton AG).

declare module 'argon2id/lib/argon2id.js' {
  export default function argon2id(
    parameters: import('argon2id/lib/setup.js').Argon2idParams,
    wasm: { memory: WebAssembly.Memory; instance: WebAssembly.Instance },
  ): Uint8Array
}

declare module '*/argon2id.wasm' {
  const module: WebAssembly.Module
  export default module
}
