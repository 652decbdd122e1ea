// The title of the tab, which is also its name in the history and in bookmarks.
import { useEffect } from 'preact/hooks'

/** `title` while the component is there; '' is the program's name alone. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Calliope' : `${title} · Calliope`
    return () => {
      document.title = 'Calliope'
    }
  }, [title])
}
