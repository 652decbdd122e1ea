// A number that rises every so often while somebody looks: `useAnswer` asks again when it does.
import { useEffect, useState } from 'preact/hooks'

/** Rises every `everyMs`; a page nobody looks at asks nothing. */
export function useTick(everyMs: number): number {
  const [tick, setTick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => document.hidden || setTick((n) => n + 1), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return tick
}
