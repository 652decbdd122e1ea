// Asks a node over HTTP whether it takes work, wherever its HEP goes.

/** GET http://HOST:PORT/readyz of the target's host. */
export async function probeHealth(
  target: string,
  port: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { hostname } = new URL(target)
  const response = await fetch(`http://${hostname}:${port}/readyz?for=hep`, { signal })
  await response.body?.cancel()
  return response.ok
}
