import { describe, expect, test } from 'vitest'
import { readConfig } from '../../../drizzle/config.ts'
import { oauthOf, providersOf } from '../../../src/identity/providers.ts'

const directory = 'f0c3b1de-5a59-4c3f-9d1b-2f6f0a6f7c11'
const everything = readConfig({
  GOOGLE_CLIENT_ID: 'g',
  GOOGLE_CLIENT_SECRET: 'gs',
  MICROSOFT_CLIENT_ID: 'm',
  MICROSOFT_CLIENT_SECRET: 'ms',
  MICROSOFT_TENANT_ID: directory,
  SALESFORCE_CLIENT_ID: 's',
  SALESFORCE_CLIENT_SECRET: 'ss',
  OIDC_ISSUER: 'https://id.example.com/',
  OIDC_CLIENT_ID: 'o',
  OIDC_CLIENT_SECRET: 'os',
  OIDC_NAME: 'Orchard SSO',
})

describe('providers', () => {
  test('are none unless they are configured', () => expect(providersOf(readConfig({}))).toEqual([]))

  test('are asked at their own issuer; Microsoft in one directory alone', () => {
    const asked = providersOf(everything).map((one) => [
      one.label,
      oauthOf(one, () => undefined).discoveryUrl,
    ])
    expect(asked).toEqual([
      ['Google', 'https://accounts.google.com/.well-known/openid-configuration'],
      ['Microsoft', `https://login.microsoftonline.com/${directory}/v2.0/.well-known/openid-configuration`],
      ['Salesforce', 'https://login.salesforce.com/.well-known/openid-configuration'],
      ['Orchard SSO', 'https://id.example.com/.well-known/openid-configuration'],
    ])
  })

  test('make nobody known, are asked with PKCE, and believed only when they sign', () => {
    for (const provider of providersOf(everything))
      expect(oauthOf(provider, () => undefined)).toMatchObject({
        disableSignUp: true,
        pkce: true,
        requireIdTokenVerification: true,
      })
  })

  test.each([
    ['google', { email_verified: true }, true],
    ['google', { email_verified: 'true' }, true],
    ['google', { email_verified: 'false' }, false],
    ['google', { email_verified: 1 }, false],
    ['google', { emailVerified: true }, false],
    ['google', {}, false],
    ['oidc', {}, false],
    // A directory says nothing of it: its admins own the addresses.
    ['microsoft', {}, true],
  ])('%s saying %j has proven the address: %j', async (id, said, isProven) => {
    const provider = providersOf(everything).find((one) => one.id === id)
    const heard: string[] = []
    const map = provider && oauthOf(provider, (email) => heard.push(email)).mapProfileToUser
    const user = await map?.({
      id: 'sub',
      emailVerified: false,
      name: 'Ana',
      email: 'ana@example.com',
      ...said,
    })
    expect(user).toEqual({ name: 'Ana', email: 'ana@example.com', emailVerified: isProven })
    expect(heard).toEqual(['ana@example.com'])
  })
})
