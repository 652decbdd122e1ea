// Who is logged in, asked for once and again after every login or change of users.
import { useEffect, useState } from 'preact/hooks'
import type { Session } from '#contract'
import { apiPath } from '../shell/fetch-json.ts'
import { type Asked, useAnswer } from '../shell/use-answer.ts'

let version = 0
const listeners = new Set<() => void>()

/** Asks again, everywhere. */
export function renewSession(): void {
  version += 1
  for (const listener of listeners) listener()
}

/** The session. */
export function useSession(): Asked<Session> {
  const [asked, ask] = useState(version)
  useEffect(() => {
    const listener = () => ask(version)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, [])
  return useAnswer<Session>(apiPath('session'), asked)
}
