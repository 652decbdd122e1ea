// Who is logged in, asked for once and again after every login or change of users.
import { useEffect, useState } from 'preact/hooks'
import type { Session } from '#contract'
import { apiPath } from '../shell/fetch-json.ts'
import { type Asked, useAnswer } from '../shell/use-answer.ts'

let version = 0
const KEPT_MS = 30_000
let kept: { version: number; atMs: number; who: Session['who'] } | undefined
const listeners = new Set<() => void>()

/** Asks again, everywhere. */
export function renewSession(): void {
  version += 1
  for (const listener of listeners) listener()
}

/** The session. */
export function useSession(): Asked<Session> {
  const asked = useAnswer<Session>(apiPath('session'), useVersion())
  useEffect(() => {
    if (asked.value) kept = { ...{ version, atMs: Date.now() }, who: asked.value.who }
  }, [asked.value])
  return asked
}

/** Who is logged in, as of lately: for the many buttons that need to know. */
export function useWho(): Session['who'] | undefined {
  const asked = useVersion()
  // Decided once: a button must not ask because it was drawn again half a minute later.
  const [own] = useState(() => (kept && Date.now() - kept.atMs < KEPT_MS ? kept : undefined))
  const isFresh = own?.version === asked
  const { value } = useAnswer<Session>(isFresh ? undefined : apiPath('session'), asked)
  return isFresh ? own.who : value?.who
}

function useVersion(): number {
  const [asked, ask] = useState(version)
  useEffect(() => {
    const listener = () => ask(version)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, [])
  return asked
}
