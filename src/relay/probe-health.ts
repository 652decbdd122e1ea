// Asks a node over HTTP whether it takes work, wherever its HEP goes.
import type { Outlet } from './outlet.ts'

/** A probe that asks http://HOST:PORT/readyz of the target's host; without a port there is none. */
export function healthProbe(port: number | undefined): Pick<Outlet, 'probe'> {
  if (!port) return {}
  return {
    probe: async (target, signal) => {
      const { hostname } = new URL(target)
      const response = await fetch(`http://${hostname}:${port}/readyz?for=hep`, { signal })
      await response.body?.cancel()
      return response.ok
    },
  }
}
