import { expect, test } from 'vitest'
import { changesOf } from '../../../src/domain/audit-changes.ts'

test('what was set, taken away and changed is said, one fact each', () => {
  expect(changesOf(null, { role: 'rep' })).toEqual(['role: rep'])
  expect(changesOf({ role: 'rep' }, null)).toEqual(['role was rep'])
  expect(changesOf({ quota_share: 0.2 }, { quota_share: 0.5 })).toEqual(['quota share: 0.2 → 0.5'])
  expect(changesOf({ scopes: ['read'] }, { scopes: ['read', 'write'] })).toEqual([
    'scopes: read → read, write',
  ])
})

test('what a deed left as it was is not said', () => {
  const before = { at: '2026-11-22T15:00:00.000Z', details: 'Call back', scopes: ['read'] }
  expect(changesOf(before, { ...before, at: '2026-11-24T15:00:00.000Z' })).toEqual([
    'at: 2026-11-22T15:00:00.000Z → 2026-11-24T15:00:00.000Z',
  ])
})
