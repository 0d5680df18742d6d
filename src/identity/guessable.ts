import type { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { longestPassword, shortestPassword } from './password-length.ts'

/** Under 0 to 4 of zxcvbn; below this a million guesses find it. */
const leastScore = 2
/** Characters from the beginning; to look at more takes long and changes nothing. */
const lookedAt = 64
/** Names of ours that everybody here would try. */
const ours = ['tidemark']

let estimator: Promise<ZxcvbnFactory> | undefined

/**
 * Whether a password is among those that are tried first: a common one, a row of keys, a repetition, or made of what is known
 * about its owner. The list is part of the program, so nobody is asked. Passwords of a length that is refused anyway are not
 * looked at. Loading the list takes a third of a second, once.
 */
export async function isGuessable(password: string, about: readonly string[]): Promise<boolean> {
  if (password.length < shortestPassword || password.length > longestPassword) return false
  estimator ??= load()
  const known = about.flatMap((text) => {
    const words = text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
    return [text, words.join(''), ...words]
  })
  return (await estimator).check(password, [...ours, ...known]).score < leastScore
}

/** What somebody is told who chose one. */
export const guessableWords =
  'This password is among the first that somebody would try. Several words that have nothing to do with each other are safe, and easy to remember.'

async function load(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory: Factory }, { dictionary, adjacencyGraphs }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ])
  return new Factory({ dictionary, graphs: adjacencyGraphs, maxLength: lookedAt })
}
