// Dark, light, or as the system says; remembered in this browser. theme.css does the rest.
import { useState } from 'preact/hooks'

/** What was chosen. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'calliope.theme'
const AFTER = { system: 'light', light: 'dark', dark: 'system' } as const

const chosen = (): Theme => {
  const saved = localStorage.getItem(KEY)
  return saved === 'light' || saved === 'dark' ? saved : 'system'
}

/** Applies what was chosen in an earlier visit; before anything is drawn. */
export function followTheme(): void {
  const theme = chosen()
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

/** The theme, and a way to the next one. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState(chosen)
  return [
    theme,
    () => {
      localStorage.setItem(KEY, AFTER[theme])
      followTheme()
      setTheme(AFTER[theme])
      dispatchEvent(new Event(THEME_CHANGED))
    },
  ]
}

/** Told on `window`, for what cannot follow css: canvases. */
export const THEME_CHANGED = 'calliope-theme'
