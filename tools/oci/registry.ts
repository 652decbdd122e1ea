// Debian's docker-registry on loopback: where ECR or any other would stand. skopeo pushes and pulls.
import { join } from 'node:path'
import { until } from '../../test/program.ts'

export interface Registry extends AsyncDisposable {
  /** 127.0.0.1:PORT */
  readonly address: string
}

/** A registry on a free port that keeps what it is given below `directory`. */
export async function startRegistry(directory: string): Promise<Registry> {
  const port = freePort()
  const address = `127.0.0.1:${port}`
  const file = join(directory, 'registry.yml')
  await Bun.write(
    file,
    JSON.stringify({
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: join(directory, 'registry') } },
      http: { addr: address },
    }),
  )
  const child = Bun.spawn(['docker-registry', 'serve', file], {
    ...{ stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  })
  await until(
    () => fetch(`http://${address}/v2/`),
    ({ ok }) => ok,
  )
  return {
    address,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await child.exited
    },
  }
}

/** A TCP port that is free now. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => {} } })
  listener.stop(true)
  return listener.port
}

/** Copies an image, bytes as they are; both ends as skopeo names them. Returns the digest at the end. */
export async function copyImage(from: string, to: string): Promise<string> {
  const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false']
  await Bun.$`skopeo copy --quiet --preserve-digests ${insecure} ${from} ${to}`.quiet()
  return (
    await Bun.$`skopeo inspect --tls-verify=false --format {{.Digest}} ${to}`.quiet().text()
  ).trim()
}
