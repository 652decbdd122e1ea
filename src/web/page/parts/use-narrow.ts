// Whether there is room for columns. The same width is in the css files.
import { useEffect, useState } from 'preact/hooks'

const query = matchMedia('(max-width: 899px)')

/** True on a phone, and in a window as narrow as one. */
export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(query.matches)
  useEffect(() => {
    const follow = () => setNarrow(query.matches)
    query.addEventListener('change', follow)
    return () => query.removeEventListener('change', follow)
  }, [])
  return narrow
}
