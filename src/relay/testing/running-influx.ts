// A real InfluxDB 1 (Debian's influxdb) on loopback with a directory of its own, for as long as a test lasts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Row = Readonly<Record<string, string | number>>

interface Answer {
  readonly results: readonly {
    readonly error?: string
    readonly series?: readonly { columns: readonly string[]; values: readonly Row[string][][] }[]
  }[]
}

export class RunningInflux implements AsyncDisposable {
  static readonly isInstalled = Bun.which('influxd') !== null
  readonly host: string
  readonly #directory: string
  readonly #child: Bun.Subprocess

  private constructor(host: string, directory: string, child: Bun.Subprocess) {
    this.host = host
    this.#directory = directory
    this.#child = child
  }

  static async start(): Promise<RunningInflux> {
    const directory = mkdtempSync(join(tmpdir(), 'calliope-influx-'))
    const [http, rpc] = [freePort(), freePort()]
    const file = join(directory, 'influxdb.conf')
    writeFileSync(
      file,
      `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
dir = "${directory}/meta"
[data]
dir = "${directory}/data"
wal-dir = "${directory}/wal"
[http]
bind-address = "127.0.0.1:${http}"
`,
    )
    const child = Bun.spawn(['influxd', '-config', file], { stdout: 'ignore', stderr: 'ignore' })
    const influx = new RunningInflux(`127.0.0.1:${http}`, directory, child)
    await influx.#ready()
    return influx
  }

  /** The rows of the first series. */
  async query(text: string): Promise<Row[]> {
    const body = new URLSearchParams({ q: text })
    const response = await fetch(`http://${this.host}/query`, { method: 'POST', body })
    const [result] = ((await response.json()) as Answer).results
    if (result?.error) throw new Error(result.error)
    const { columns = [], values = [] } = result?.series?.[0] ?? {}
    return values.map((row) => Object.fromEntries(row.map((value, i) => [columns[i]!, value])))
  }

  async write(database: string, line: string): Promise<void> {
    const response = await fetch(`http://${this.host}/write?db=${database}`, {
      ...{ method: 'POST', body: line },
    })
    if (!response.ok) throw new Error(await response.text())
  }

  async #ready(): Promise<void> {
    const endMs = performance.now() + 10_000
    while (performance.now() < endMs && this.#child.exitCode === null) {
      const response = await fetch(`http://${this.host}/ping`).catch(() => undefined)
      if (response?.ok) return
      await Bun.sleep(20)
    }
    await this[Symbol.asyncDispose]()
    throw new Error('influxd does not answer')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#child.exited
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

function freePort(): number {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = server
  server.stop(true)
  return port
}
