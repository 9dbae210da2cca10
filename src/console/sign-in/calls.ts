import type { InferResponseType } from 'hono/client'
import { read, steward } from '../api/steward.ts'
import type { Api } from '../api/types.ts'
import { signedIn } from '../session/session.ts'

const login = steward.admin.login

type LoginAnswer = InferResponseType<Api['admin']['login']['$post']>['data']

/** What a password alone has not proven yet, and how it can be. */
export type SecondStep = Extract<LoginAnswer, { login_token: string }>

type SecondFactor = Parameters<typeof login.second_factor.$post>[0]['json']

/** A second factor that somebody gives: one of these. */
export type Proof = Omit<SecondFactor, 'login_token'>

/** What a passkey signs, and what one that is made tells of itself. */
type Assertion = NonNullable<SecondFactor['passkey']>
type Registration = Parameters<typeof steward.admin.passkeys.$post>[0]['json']['credential']

/** Signs in by a password. Returns the second step, if there is one. */
export async function signIn(email: string, password: string): Promise<SecondStep | undefined> {
  const { data } = await read(login.$post({ json: { email, password } }))
  if ('login_token' in data) return data
  signedIn(data.admin)
  return undefined
}

/** Ends a login that a password began. */
export async function secondStep({ login_token }: SecondStep, proof: Proof): Promise<void> {
  const { data } = await read(login.second_factor.$post({ json: { login_token, ...proof } }))
  signedIn(data.admin)
}

/** Signs in by a passkey alone. */
export async function signInByPasskey(): Promise<void> {
  const { data: options } = await read(login.passkey_options.$post())
  const credential = await usePasskey(options)
  signedIn((await read(login.passkey.$post({ json: { credential } }))).data.admin)
}

/** Asks the person for a passkey. @throws Error if there is none, or the person does not want to */
export async function usePasskey(options: PublicKeyCredentialRequestOptionsJSON) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  const credential = await navigator.credentials.get({ publicKey }).catch(declined)
  return (credential as PublicKeyCredential).toJSON() as Assertion
}

/** Makes a passkey. @throws Error if the person does not want to, or there is one here already */
export async function makePasskey(options: PublicKeyCredentialCreationOptionsJSON) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  const credential = await navigator.credentials.create({ publicKey }).catch(declined)
  return (credential as PublicKeyCredential).toJSON() as Registration
}

const declined = ({ name }: DOMException) => {
  // What is registered already is told by this name only (https://www.w3.org/TR/webauthn-3/#sctn-createCredential).
  if (name === 'InvalidStateError') throw new Error('There is a passkey of your account here already')
  throw new Error('No passkey was used: it was cancelled, took too long, or there is none here')
}
