import type { AccountOptions } from './options.ts'

/** How long the invented companies have been there. */
export const demoDays = 280

const TOKEN = 'demo-enterprise-token-not-a-secret'

/**
 * Three invented franchise brands of one enterprise with nine months behind them and a change every quarter of an hour or so. Start
 * them with `clock: { startAt: new Date(), speed: 1 }`.
 */
export const demoAccounts: AccountOptions[] = [
  {
    name: 'Willow & Hearth Home Care',
    business: 'home-care',
    webKey: 'CT_5e1f0a7c3b9d4826a0c4e7f1928d6b35',
    accessToken: TOKEN,
    seed: 11,
    historyDays: demoDays,
    people: 380,
    deals: 310,
    changesPerDay: 90,
    franchiseFields: true,
  },
  {
    name: 'Copper Kettle Coffee',
    business: 'coffee',
    webKey: 'CT_91b4d2e86f0c4a57bd3a1e5c7704f2a8',
    accessToken: TOKEN,
    seed: 23,
    historyDays: demoDays,
    people: 720,
    deals: 600,
    changesPerDay: 130,
    timeZone: 'America/Chicago',
    keySpelling: 'resultCode',
    franchiseFields: true,
  },
  {
    name: 'Bright Ladder Painting',
    business: 'painting',
    webKey: 'CT_c07a6e3d15f84b92983e0dba46c1f57d',
    accessToken: TOKEN,
    seed: 37,
    historyDays: demoDays,
    people: 240,
    deals: 200,
    changesPerDay: 70,
    timeZone: 'America/Denver',
    order: 'newestFirst',
  },
]

/** The apps through which the demo's people connect by consent; nothing about them is secret. */
export const demoApps = {
  hubspot: { clientId: 'tidemark-demo-hubspot', clientSecret: 'demo-hubspot-app-not-a-secret' },
  pipedrive: { clientId: 'tidemark-demo-pipedrive', clientSecret: 'demo-pipedrive-app-not-a-secret' },
  salesforce: { clientId: 'tidemark-demo-salesforce', clientSecret: 'demo-salesforce-app-not-a-secret' },
}

/**
 * Three more invented companies, each in another CRM, for whoever tries out connecting one by consent. `pages` are the addresses
 * of this demo besides those of this machine.
 */
export function demoConsents(pages: readonly string[] = []): AccountOptions[] {
  const oauthOf = (crm: keyof typeof demoApps, connector: string) => ({
    ...demoApps[crm],
    refreshToken: `demo-${crm}-refresh-not-a-secret`,
    redirectUris: ['http://127.0.0.1', 'http://localhost', ...pages].map(
      (at) => `${at}/consent/${connector}`,
    ),
  })
  const small = { accessToken: '', historyDays: demoDays, people: 120, deals: 90, changesPerDay: 40 }
  return [
    {
      ...small,
      crm: 'hubspot',
      name: 'Juniper Lane Fitness',
      webKey: 'demo-hubspot',
      seed: 41,
      oauth: { ...oauthOf('hubspot', 'hubspot-oauth'), rotates: false },
    },
    {
      ...small,
      crm: 'pipedrive',
      name: 'Harbor & Pine Cleaning',
      webKey: 'demo-pipedrive',
      seed: 43,
      oauth: { ...oauthOf('pipedrive', 'pipedrive-app'), homeField: 'api_domain' },
    },
    {
      ...small,
      crm: 'salesforce',
      name: 'Larch Street Tutoring',
      webKey: 'demo-salesforce',
      seed: 47,
      oauth: oauthOf('salesforce', 'salesforce-app'),
    },
  ]
}
