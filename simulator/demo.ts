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
