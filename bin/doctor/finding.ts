/** What one check found. `mend` says how to put right what is wrong. */
export type Finding = { check: string; words: string } & (
  { level: 'ok' } | { level: 'noticed' | 'failed'; mend: string }
)

export const ok = (check: string, words: string): Finding => ({ check, level: 'ok', words })
export const failed = (check: string, words: string, mend: string): Finding => ({
  check,
  level: 'failed',
  words,
  mend,
})
/** Worth a look, though nothing is broken. */
export const noticed = (check: string, words: string, mend: string): Finding => ({
  check,
  level: 'noticed',
  words,
  mend,
})
