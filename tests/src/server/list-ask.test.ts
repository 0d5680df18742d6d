import { describe, expect, test } from 'vitest'
import { notUnderstood, tidyQuery } from '../../../src/server/list-ask.ts'
import { viewBarOf } from '../../../src/server/view-bar.ts'
import { viewForms } from '../../../src/server/view-pages.ts'

const owner = '7b0e0a58-37c1-4a4a-9a5a-0d9a0f1f2a11'
const form = viewForms['hot-list'] ?? {}
const of = (text: string) => new URLSearchParams(text)

describe('what a list does not understand', () => {
  test.each([
    ['', []],
    [`owner=${owner}&market=Austin&sort=-fee&likely=50`, []],
    ['owner=&market=', []],
    ['owner=dana', ['owner=dana']],
    ['likely=7', ['likely=7']],
    ['likely=50.5', ['likely=50.5']],
    ['sort=age', ['sort=age']],
    ['colour=red&__proto__=x&constructor=y', ['colour=red', '__proto__=x', 'constructor=y']],
  ])('of %j is named', (text, lost) => {
    expect(notUnderstood(form, of(text))).toEqual(lost)
  })

  test.each(Object.entries(viewForms))('of %s its own words are no part of', (page, fields) => {
    const words: Record<string, string> = {
      owner,
      stage: '-',
      source: 'Web',
      q: 'x y',
      sort: '-owner',
      period: 'days',
      from: '2026-11-01',
      to: '2026-11-02',
      day: '2026-11-02',
      since: '2026-11-02',
      kind: 'call',
      market: 'Austin',
      author: 'Dana',
      note: owner,
      status: 'all',
      view: 'table',
      closing: 'quarter',
      missing: 'amount',
      pace: 'slow',
      change: 'pushed',
      currency: 'USD',
      show: 'untouched',
      status_chart: 'pie',
      likely: '70',
      whose: 'all',
      pipeline: owner,
      least: '500',
      moved: 'often',
      ...(page === 'due' && { view: 'unplanned', stage: owner }),
    }
    const asked = of('')
    for (const name of Object.keys(fields ?? {}))
      asked.set(name, name === 'stage' && fields === form ? 'Sent' : (words[name] ?? ''))
    expect(notUnderstood(fields ?? {}, asked).filter((one) => one !== 'sort=-owner')).toEqual([])
    expect([...asked.values()].every((value) => value !== '')).toBe(true)
  })
})

test('a question has one spelling, whatever order it was asked in and whatever stood beside it', () => {
  const one = tidyQuery(
    form,
    of(`sort=-fee&after=x&seen=50&market=Austin&owner=${owner}&likely=7&said=saved`),
  )
  expect(one).toBe(`owner=${owner}&market=Austin&sort=-fee`)
  expect(tidyQuery(form, of(one))).toBe(one)
})

describe('the bar of views', () => {
  const view = (id: string, query: string, further = {}) => ({
    id,
    name: id,
    query,
    isShared: false,
    isOwn: true,
    page: 'hot-list' as const,
    owner: 'Dana',
    ...further,
  })
  const barOf = (views: ReturnType<typeof view>[], search: string, role: 'rep' | 'admin' = 'rep') =>
    viewBarOf(views, { page: 'hot-list', form, search: of(search), role })

  test('shows the view that was opened, as edited once the list asks something else', () => {
    const views = [view('a', 'market=Austin'), view('b', 'market=Boise')]
    expect(barOf(views, 'market=Boise&saved=b').current).toMatchObject({ id: 'b', isEdited: false })
    expect(barOf(views, 'market=Boise&likely=70&saved=b').current).toMatchObject({ id: 'b', isEdited: true })
    expect(barOf(views, 'sort=-fee&saved=zzz').current).toBeUndefined()
  })

  test('knows the view that the list shows without having been opened by it', () => {
    const views = [view('a', 'market=Austin&likely=70')]
    expect(barOf(views, 'likely=70&market=Austin').current).toMatchObject({ id: 'a', isEdited: false })
    expect(barOf([view('all', '')], '').current).toBeUndefined()
  })

  test('names what an opened view asks for that the list does not know any more', () => {
    const views = [view('a', 'market=Austin&likely=7&colour=red')]
    expect(barOf(views, 'market=Austin&saved=a').lost).toEqual(['likely=7', 'colour=red'])
    expect(barOf(views, 'market=Austin').lost).toEqual([])
  })

  test('lets a shared view of somebody else be changed by those who look after the workspace alone', () => {
    const views = [view('a', 'market=Austin', { isOwn: false, isShared: true })]
    expect(barOf(views, 'saved=a').current).toMatchObject({ by: 'Dana', mayChange: false })
    expect(barOf(views, 'saved=a', 'admin').current).toMatchObject({ mayChange: true })
  })

  test('holds eight, and the rest in a menu', () => {
    const views = Array.from({ length: 11 }, (_, n) => view(`v${n}`, `likely=${50 + n}`))
    const { bar, rest } = barOf(views, '')
    expect([bar.length, rest.length]).toEqual([8, 3])
  })

  test('says what a deed came to in its own words alone', () => {
    expect(barOf([], 'said=deleted&gone=x').said).toMatchObject({ isProblem: false, undo: 'x' })
    expect(barOf([], 'said=name_taken&gone=x').said).toMatchObject({ isProblem: true, undo: undefined })
    expect(barOf([], 'said=<b>').said).toBeUndefined()
    expect(barOf([], 'said=constructor').said).toBeUndefined()
  })
})
