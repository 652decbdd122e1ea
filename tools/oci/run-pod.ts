// A pod of the chart, run from the image: the container's words, its ConfigMap and secrets where it mounts
// them, its volumes, and its probes.
import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Program, startProgram } from '../../test/program.ts'
import { writeConfig } from '../helm/check-configs.ts'
import { type Pod, podsOf } from '../helm/pods.ts'
import { type Manifest, manifestOf } from '../helm/render-chart.ts'
import { USER } from './calliope-image.ts'
import { type ContainerOptions, containerCommand, execIn, removeContainer } from './container.ts'

export interface PodOptions {
  readonly manifests: readonly Manifest[]
  readonly part: 'capture' | 'serve' | 'relay'
  /** Where umoci unpacked the image. */
  readonly image: string
  /** A directory for this pod. */
  readonly directory: string
  /** By the names of their files. */
  readonly secrets: Readonly<Record<string, string>>
}

/** A pod that is ready. */
export class RunningPod {
  readonly program: Program
  /** What the kubelet would ask. */
  readonly #pod: Pod
  readonly #options: ContainerOptions
  /** From calling the runtime to the line that says `ready`. */
  readonly readyMs: number

  private constructor(program: Program, pod: Pod, options: ContainerOptions, readyMs: number) {
    this.program = program
    this.#pod = pod
    this.#options = options
    this.readyMs = readyMs
  }

  static async start(options: PodOptions): Promise<RunningPod> {
    const { manifests, part } = options
    const pod = podsOf(manifests).find(({ of }) => of.endsWith(`-${part}`))!
    const container = await containerOf(pod, options)
    const words = (await containerCommand(container)).map((word) => `'${word}'`).join(' ')
    const startedAt = performance.now()
    // The pod has its own words: a shell drops those of the test rig.
    const program = await startProgram([], { program: ['/bin/sh', '-c', `exec ${words}`] })
    return new RunningPod(program, pod, container, performance.now() - startedAt)
  }

  get port(): number {
    return Number(new URL(this.program.url).port)
  }

  /** Asks over HTTP, with a token when there is one. */
  ask(path: string, token?: string): Promise<Response> {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
    return fetch(`http://127.0.0.1:${this.port}${path}`, { headers })
  }

  /** What the startup, readiness and liveness probes hear. */
  probe(): Promise<number[]> {
    const { startupProbe, readinessProbe, livenessProbe } = this.#pod.spec.containers[0]!
    return Promise.all(
      [startupProbe, readinessProbe, livenessProbe].map(
        async (probe) => (await this.ask(probe!.httpGet!.path)).status,
      ),
    )
  }

  /** Runs a program beside it, in its container. */
  exec(words: readonly string[]): Promise<number> {
    return execIn(this.#options, words)
  }

  /** SIGTERM, then the exit code; killed, and no code, when it does not end. */
  async stop(): Promise<number | undefined> {
    const code = await Promise.race([this.program.stop(), Bun.sleep(20_000)])
    await removeContainer(this.#options)
    return code ?? undefined
  }
}

async function containerOf(
  pod: Pod,
  { manifests, part, image, directory, secrets }: PodOptions,
): Promise<ContainerOptions> {
  const files = manifestOf(manifests, 'ConfigMap', part).data!
  const [config, spool] = [join(directory, 'config'), join(directory, 'spool')]
  await writeConfig(files['calliope.toml']!, directory, secrets)
  for (const [name, text] of Object.entries(files)) await Bun.write(join(config, name), text)
  mkdirSync(spool)
  chownSync(spool, USER, USER)
  return {
    ...{ image, bundle: join(directory, 'bundle'), id: `${part}-${process.pid}` },
    args: pod.spec.containers[0]!.args!,
    env: { CALLIOPE_NODE: `${part}-pod` },
    mounts: [
      ...mount(config, '/etc/calliope'),
      ...mount(join(directory, 'secrets'), '/run/secrets/calliope'),
      { source: spool, destination: '/var/lib/calliope', isReadOnly: false },
    ],
  }
}

const mount = (source: string, destination: string) => [{ source, destination, isReadOnly: true }]
