// The image, whole: built without a Docker engine, pushed to a registry and pulled again, unpacked, and
// run as the chart's pod would run it, against a real PostgreSQL, until SIGTERM.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chownSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Ledger } from '#contract'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { writeConfig } from '../tools/helm/check-configs.ts'
import { kubernetesTools } from '../tools/helm/kubernetes-tools.ts'
import { type Pod, podsOf } from '../tools/helm/pods.ts'
import { type Manifest, manifestOf, renderChart } from '../tools/helm/render-chart.ts'
import { calliopeImage, USER } from '../tools/oci/calliope-image.ts'
import {
  CONTAINER_TOOLS,
  type ContainerOptions,
  containerCommand,
  execIn,
  removeContainer,
  unpackImage,
} from '../tools/oci/container.ts'
import { type BuiltImage, writeLayout } from '../tools/oci/layout.ts'
import { copyImage, freePort, startRegistry } from '../tools/oci/registry.ts'
import { run } from './commands.ts'
import { truePackets } from './fixtures/oracle.ts'
import { type Program, startProgram, temporaryDirectory, until } from './program.ts'
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
  const ports = { udp: freePort(), tcp: freePort(), http: freePort() }
  const place = (name: string) => join(directory.path, name)

  beforeAll(async () => {
    database = await testDatabase()
    directory = temporaryDirectory('calliope-image-')
    manifests = await renderChart({
      secrets: { existingSecret: 'calliope' },
      capture: { ports, config: { drain: { wait: '1s' }, store: { batch_wait: '100ms' } } },
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
    await unpackImage(place('pulled'), 'test', place('capture'))
    await unpackImage(place('pulled'), 'test', place('serve'))
  }, 60_000)

  /** The first pod of a part, in the image, with the chart's words, files and limits. */
  async function startPod(part: 'capture' | 'serve'): Promise<RunningPod> {
    const pod = podsOf(manifests).find(({ of }) => of.endsWith(`-${part}`))!
    const toml = manifestOf(manifests, 'ConfigMap', part).data!['calliope.toml']!
    const bundle = place(part)
    const files = place(`${part}-files`)
    await writeConfig(toml, files, { 'database-url': database.url, 'http-token': TOKEN })
    await Bun.write(join(files, 'calliope.toml'), toml) // the paths are the pod's
    mkdirSync(place('spool'), { recursive: true })
    chownSync(place('spool'), USER, USER)
    const options: ContainerOptions = {
      ...{ bundle, id: `${part}-${process.pid}`, args: pod.spec.containers[0]!.args! },
      env: { CALLIOPE_NODE: 'pod-1' },
      mounts: [
        { source: files, destination: '/etc/calliope', isReadOnly: true },
        { source: join(files, 'secrets'), destination: '/run/secrets/calliope', isReadOnly: true },
        { source: place('spool'), destination: '/var/lib/calliope', isReadOnly: false },
      ],
    }
    const words = await containerCommand(options)
    const startedAt = performance.now()
    const quoted = words.map((word) => `'${word}'`).join(' ')
    const program = await startProgram([], { program: ['/bin/sh', '-c', `exec ${quoted}`] })
    console.log(`${part}: from runc to ready ${(performance.now() - startedAt).toFixed(0)} ms`)
    return { program, pod, options, port: Number(new URL(program.url).port) }
  }

  test('a capture pod in the image takes HEP, is probed, stores, and drains on SIGTERM', async () => {
    const { program, pod, options, port } = await startPod('capture')
    const ask = (path: string) =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } })
    try {
      expect(await statusesOfProbes(pod, port)).toEqual([200, 200, 200])
      expect(
        await execIn(options, ['/usr/bin/calliope', 'health', '--url', `127.0.0.1:${port}`]),
      ).toBe(0)
      expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(401)
      const { text, status } = await ask('/metrics').then(async (answer) => ({
        ...{ text: await answer.text(), status: answer.status },
      }))
      expect(status).toBe(200)
      expect(
        metricsOfAlarms(manifests).filter((name) => !text.includes(`# TYPE ${name} `)),
      ).toEqual([])

      const at = { ...program, udp: { host: '127.0.0.1', port: ports.udp } }
      await SEND.udp(at, PACKETS)
      const ledger = await until(
        async () => (await (await ask('/api/v1/ledger')).json()) as Ledger,
        ({ stored, pending }) => stored === PACKETS.length && pending === 0,
      )
      expect(ledger).toMatchObject({ received: PACKETS.length, balanced: true })
      expect(statSync(place('spool/spool/spool.json')).uid).toBe(USER)
    } finally {
      const code = await Promise.race([program.stop(), Bun.sleep(20_000)])
      await removeContainer(options)
      expect(code).toBe(0)
    }
    const [{ count }] =
      await database.sql`select sum(message_count)::int as count from call_segments`
    expect(count).toBe(PACKETS.length)
  }, 60_000)

  test('a serve pod in the image shows what the capture pod stored, to those who log in', async () => {
    const { program, pod, options, port } = await startPod('serve')
    try {
      await until(
        async () => statusesOfProbes(pod, port),
        (codes) => codes.join() === '200,200,200',
      )
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain(
        '<title>Calliope</title>',
      )
      const calls = (headers: Record<string, string>) =>
        fetch(`http://127.0.0.1:${port}/api/v1/calls?from=-36500d`, { headers })
      expect((await calls({})).status).toBe(401)
      const page = (await (await calls({ authorization: `Bearer ${TOKEN}` })).json()) as {
        calls: []
      }
      expect(page.calls.length).toBeGreaterThan(0)
    } finally {
      const code = await Promise.race([program.stop(), Bun.sleep(20_000)])
      await removeContainer(options)
      expect(code).toBe(0)
    }
  }, 60_000)
})

interface RunningPod {
  readonly program: Program
  readonly pod: Pod
  readonly options: ContainerOptions
  readonly port: number
}

const statusesOfProbes = (pod: Pod, port: number): Promise<number[]> => {
  const { startupProbe, readinessProbe, livenessProbe } = pod.spec.containers[0]!
  return Promise.all(
    [startupProbe, readinessProbe, livenessProbe].map(
      async (probe) => (await fetch(`http://127.0.0.1:${port}${probe!.httpGet!.path}`)).status,
    ),
  )
}

/** Every metric of ours that an alarm is made of. */
const metricsOfAlarms = (manifests: readonly Manifest[]): string[] => {
  const { groups } = manifestOf(manifests, 'PrometheusRule').spec as {
    groups: { rules: { expr: string }[] }[]
  }
  const expressions = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr))
  return [...new Set(expressions.join().match(/\bcalliope_\w+/g))]
}
