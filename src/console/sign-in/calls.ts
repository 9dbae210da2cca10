import { asStaff } from '../api/steward.ts'
import type { Admin } from '../api/types.ts'
import { begin } from '../session/session.ts'

/** What a password alone has not proven yet, and how it can be. */
export interface SecondStep {
  login_token: string
  methods: Method[]
  passkey_options?: PublicKeyCredentialRequestOptionsJSON
}

export type Method = 'passkey' | 'totp' | 'recovery_code'

type Answer = Partial<SecondStep> & { admin?: Admin }

/** Sends JSON and returns the `data` of the answer. */
export async function post<Data>(path: string, body: object = {}): Promise<Data> {
  const headers = { 'Content-Type': 'application/json' }
  const answer = await asStaff(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await answer.json()).data
}

/** Signs in. Returns the second step, if there is one. */
async function login(path: string, body: object): Promise<SecondStep | undefined> {
  const { admin, ...step } = await post<Answer>(path, body)
  if (!admin) return step as SecondStep
  begin(admin)
  return undefined
}

export const signIn = (email: string, password: string) => login('/admin/login', { email, password })

export const secondStep = ({ login_token }: SecondStep, proof: object) =>
  login('/admin/login/second_factor', { login_token, ...proof })

/** Signs in by a passkey alone. */
export async function signInByPasskey(): Promise<void> {
  const options = await post<PublicKeyCredentialRequestOptionsJSON>('/admin/login/passkey_options')
  await login('/admin/login/passkey', { credential: await usePasskey(options) })
}

/** Asks the person for a passkey. @throws DOMException if there is none, or the person does not want to */
export async function usePasskey(options: PublicKeyCredentialRequestOptionsJSON) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  const credential = await navigator.credentials.get({ publicKey }).catch(declined)
  return (credential as PublicKeyCredential).toJSON()
}

/** Makes a passkey. @throws DOMException if the person does not want to */
export async function makePasskey(options: PublicKeyCredentialCreationOptionsJSON) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  const credential = await navigator.credentials.create({ publicKey }).catch(declined)
  return (credential as PublicKeyCredential).toJSON()
}

const declined = () => {
  throw new Error('No passkey was used: it was cancelled, took too long, or there is none here')
}
