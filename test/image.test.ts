// The image, whole: built without a Docker engine, pushed to a registry and pulled again, unpacked, and
// run as the chart's pods would run it, against a real PostgreSQL, until SIGTERM.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Ledger } from '#contract'
import { PRESETS, toHelm } from '#fleet'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { kubernetesTools } from '../tools/helm/kubernetes-tools.ts'
import { type Manifest, manifestOf, renderChart } from '../tools/helm/render-chart.ts'
import { calliopeImage, USER } from '../tools/oci/calliope-image.ts'
import { CONTAINER_TOOLS, unpackImage } from '../tools/oci/container.ts'
import { type BuiltImage, writeLayout } from '../tools/oci/layout.ts'
import { copyImage, freePort, startRegistry } from '../tools/oci/registry.ts'
import { type PodOptions, RunningPod } from '../tools/oci/run-pod.ts'
import { run } from './commands.ts'
import { truePackets } from './fixtures/oracle.ts'
import { temporaryDirectory, until } from './program.ts'
import { SEND } from './senders.ts'

const missing = [
  ...Object.keys(CONTAINER_TOOLS).filter((name) => Bun.which(name) === null),
  ...(process.getuid?.() === 0 ? [] : ['root']),
  ...(Bun.which('apt-get') && (await kubernetesTools()) ? [] : ['Debian on x64']),
]
if (missing.length > 0)
  console.warn(
    `\nNOT TESTED: the container image, because there is no ${missing.join(', ')}. On Debian, as root: apt-get install ${Object.values(CONTAINER_TOOLS).join(' ')}\n`,
  )

const TOKEN = 'administrator-of-this-test'
const PACKETS = truePackets()
  .slice(0, 100)
  .map(({ hep }) => hep)

describe.skipIf(missing.length > 0)('the image', () => {
  let directory: ReturnType<typeof temporaryDirectory>
  let image: BuiltImage
  let database: Awaited<ReturnType<typeof testDatabase>>
  let manifests: readonly Manifest[]
  const capturePorts = { udp: freePort(), tcp: freePort(), http: freePort() }
  const relayPorts = { udp: freePort(), tcp: freePort(), http: freePort() }
  const place = (name: string) => join(directory.path, name)

  beforeAll(async () => {
    database = await testDatabase()
    directory = temporaryDirectory('calliope-image-')
    const { autoscaling } = toHelm(PRESETS.calliope!, 'hpa')
    manifests = await renderChart({
      ...{ secrets: { existingSecret: 'calliope' }, autoscaling },
      capture: {
        ports: capturePorts,
        config: { drain: { wait: '1s' }, store: { batch_wait: '100ms' } },
      },
      relay: {
        ...{ enabled: true, ports: relayPorts },
        to: [`http://127.0.0.1:${capturePorts.http}?name=capture`],
      },
      serve: { port: freePort() },
      monitoring: { prometheusRule: { enabled: true } },
    })
    const build = join(import.meta.dir, '../tools/build.ts')
    const built = await run([place('calliope')], { program: [process.execPath, build] })
    expect([built.code, built.err]).toEqual([0, ''])
    const executable = await Bun.file(place('calliope')).bytes()
    image = await writeLayout(place('built'), 'test', await calliopeImage({ executable }))
  })
  afterAll(async () => {
    await database[Symbol.asyncDispose]()
    directory[Symbol.dispose]()
  })

  test('the image is small, and comes back from a registry under the digest it was pushed with', async () => {
    expect(image.packedBytes).toBeLessThan(70e6)
    expect(image.unpackedBytes).toBeLessThan(160e6)
    await using registry = await startRegistry(directory.path)
    const there = `docker://${registry.address}/calliope`
    expect(await copyImage(`oci:${image.directory}:test`, `${there}:0.1.0`)).toBe(image.digest)
    const pinned = `${there}@${image.digest}`
    expect(await copyImage(pinned, `oci:${place('pulled')}:test`)).toBe(image.digest)
    await unpackImage(place('pulled'), 'test', place('unpacked'))
  }, 60_000)

  async function startPod(part: PodOptions['part']): Promise<RunningPod> {
    const secrets = { 'database-url': database.url, 'http-token': TOKEN }
    const pod = await RunningPod.start({
      ...{ manifests, part, secrets, image: place('unpacked'), directory: place(part) },
    })
    console.log(`${part}: ready ${pod.readyMs.toFixed(0)} ms after runc was called`)
    return pod
  }

  test('capture and relay pods take HEP, are probed, store it, and drain on SIGTERM', async () => {
    const capture = await startPod('capture')
    const relay = await startPod('relay')
    const ends: (number | undefined)[] = []
    try {
      for (const pod of [capture, relay]) {
        expect(await pod.probe()).toEqual([200, 200, 200])
        const health = ['/usr/bin/calliope', 'health', '--url', `127.0.0.1:${pod.port}`]
        expect(await pod.exec(health)).toBe(0)
      }
      expect((await capture.ask('/metrics')).status).toBe(401)
      const said = await Promise.all([capture, relay].map((pod) => pod.ask('/metrics', TOKEN)))
      const metrics = (await Promise.all(said.map((answer) => answer.text()))).join('')
      const unknown = metricsOfAlarms(manifests).filter(
        (name) => !metrics.includes(`# TYPE ${name} `),
      )
      expect(unknown).toEqual([])

      for (const { udp: port } of [capturePorts, relayPorts])
        await SEND.udp({ ...capture.program, udp: { host: '127.0.0.1', port } }, PACKETS)
      const ledger = await until(
        async () => (await (await capture.ask('/api/v1/ledger', TOKEN)).json()) as Ledger,
        ({ stored, pending }) => stored === 2 * PACKETS.length && pending === 0,
      )
      expect(ledger).toMatchObject({ received: 2 * PACKETS.length, balanced: true })
      expect(statSync(place('capture/spool/spool/spool.json')).uid).toBe(USER)
    } finally {
      for (const pod of [relay, capture]) ends.push(await pod.stop())
    }
    expect(ends).toEqual([0, 0])
    const [{ count }] =
      await database.sql`select sum(message_count)::int as count from call_segments`
    expect(count).toBe(2 * PACKETS.length)
  }, 60_000)

  test('a serve pod shows what the capture pod stored, to those who log in, and the policy', async () => {
    const serve = await startPod('serve')
    let end: number | undefined
    try {
      await until(
        () => serve.probe(),
        (codes) => codes.join() === '200,200,200',
      )
      expect(await (await serve.ask('/')).text()).toContain('<title>Calliope</title>')
      const calls = '/api/v1/calls?from=-36500d'
      expect((await serve.ask(calls)).status).toBe(401)
      const page = (await (await serve.ask(calls, TOKEN)).json()) as { calls: [] }
      expect(page.calls.length).toBeGreaterThan(0)
      const fleet = await (await serve.ask('/api/v1/fleet', TOKEN)).json()
      expect(fleet).toMatchObject({ policy: { name: 'calliope' } })
    } finally {
      end = await serve.stop()
    }
    expect(end).toBe(0)
  }, 60_000)
})

/** Every metric of ours that an alarm is made of. */
const metricsOfAlarms = (manifests: readonly Manifest[]): string[] => {
  const { groups } = manifestOf(manifests, 'PrometheusRule').spec as {
    groups: { rules: { expr: string }[] }[]
  }
  const expressions = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr))
  return [...new Set(expressions.join().match(/\bcalliope_\w+/g))]
}
