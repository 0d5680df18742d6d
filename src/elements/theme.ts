/** What a page can look like. The server reads the same cookie, so that no page appears in the wrong one first. */
export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

export const isTheme = (word: string | undefined): word is Theme => themes.includes(word as Theme)

/** What this page looks like now. */
export function themeNow(): Theme {
  const { theme } = document.documentElement.dataset
  return isTheme(theme) ? theme : 'system'
}

/** Changes this page, and by a cookie those that follow; tells whoever shows which one it is. */
export function keepTheme(theme: Theme): void {
  const { dataset } = document.documentElement
  if (theme === 'system') delete dataset['theme']
  else dataset['theme'] = theme
  const age = theme === 'system' ? 0 : 31_536_000
  const secure = location.protocol === 'https:' ? '; secure' : ''
  document.cookie = `tidemark.theme=${theme}; path=/; max-age=${age}; samesite=lax${secure}`
  document.dispatchEvent(new Event('theme'))
}
