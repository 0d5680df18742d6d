import { expect } from 'vitest'
import { brokenInvariants } from '../invariants.ts'

/** Asserts that every invariant of the database holds. */
export async function expectSound(url: string): Promise<void> {
  expect(await brokenInvariants(url)).toEqual([])
}
