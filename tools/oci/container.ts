// A container of an image, the way a kubelet would run it, by runc: as nobody's user, on a read-only root,
// without a capability, under a seccomp profile, with what the pod mounts. Only the network is the
// machine's, so that a test reaches it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { USER } from './calliope-image.ts'

export interface Mount {
  /** On this machine. */
  readonly source: string
  readonly destination: string
  readonly isReadOnly: boolean
}

export interface ContainerOptions {
  /** Where umoci unpacked the image: rootfs and config.json. Any number of containers share it. */
  readonly image: string
  /** A directory for this container. */
  readonly bundle: string
  readonly id: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
}

/** Programs that are needed, and the Debian packages they are in. */
export const CONTAINER_TOOLS = {
  umoci: 'umoci',
  skopeo: 'skopeo',
  runc: 'runc',
  'docker-registry': 'docker-registry',
} as const

/** Unpacks an image of a layout. */
export async function unpackImage(layout: string, tag: string, to: string): Promise<void> {
  await Bun.$`umoci unpack --image ${layout}:${tag} ${to}`.quiet()
}

/** Writes the container's configuration and returns the command that runs it in the foreground. */
export async function containerCommand(options: ContainerOptions): Promise<string[]> {
  const config = JSON.parse(readFileSync(join(options.image, 'config.json'), 'utf8'))
  await Bun.write(join(options.bundle, 'config.json'), JSON.stringify(confined(config, options)))
  return ['runc', '--root', stateOf(options), 'run', '--bundle', options.bundle, options.id]
}

const stateOf = ({ bundle }: { bundle: string }): string => join(bundle, 'state')

/** Runs a program in a container that runs, as a probe of kind `exec` would. */
export async function execIn(options: ContainerOptions, words: readonly string[]): Promise<number> {
  const child = Bun.spawn(['runc', '--root', stateOf(options), 'exec', options.id, ...words], {
    ...{ stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
  })
  return child.exited
}

/** Ends the container, if a test did not. */
export async function removeContainer(options: ContainerOptions): Promise<void> {
  await Bun.$`runc --root ${stateOf(options)} delete --force ${options.id}`.nothrow().quiet()
}

// What an image's configuration became, as far as it is changed here.
interface RuntimeConfig {
  readonly process: { readonly env: readonly string[]; readonly args: readonly string[] }
  readonly mounts: readonly { readonly destination: string }[]
  readonly linux: { readonly namespaces: readonly { readonly type: string }[] }
}

function confined(image: RuntimeConfig, options: ContainerOptions): object {
  const { args, env = {}, mounts } = options
  const [entrypoint = ''] = image.process.args
  const none = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] }
  const bound = mounts.map(({ source, destination, isReadOnly }) => ({
    ...{ type: 'bind', source, destination },
    options: ['rbind', isReadOnly ? 'ro' : 'rw', 'nosuid', 'nodev', 'noexec'],
  }))
  const tmp = { type: 'tmpfs', source: 'tmpfs', destination: '/tmp' }
  const named = new Set(mounts.map(({ destination }) => destination))
  return {
    ...image,
    process: {
      ...image.process,
      ...{ terminal: false, args: [entrypoint, ...args], noNewPrivileges: true },
      ...{ user: { uid: USER, gid: USER }, capabilities: none, rlimits: [] },
      env: [
        ...image.process.env,
        ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
      ],
    },
    root: { path: join(options.image, 'rootfs'), readonly: true },
    mounts: [
      ...image.mounts.filter(
        ({ destination }) => !named.has(destination) && destination !== '/sys/fs/cgroup',
      ),
      ...[{ ...tmp, options: ['nosuid', 'nodev', 'noexec', 'size=64m'] }, ...bound],
    ],
    linux: {
      ...image.linux,
      namespaces: image.linux.namespaces.filter(({ type }) => type !== 'network'),
      seccomp: runtimeSeccomp(),
    },
  }
}

interface SeccompRule {
  readonly names: readonly string[]
  readonly action: string
  readonly args?: readonly object[] | null
  readonly includes?: { readonly caps?: readonly string[]; readonly arches?: readonly string[] }
}

// RuntimeDefault: the profile that podman and CRI-O ship, less io_uring, which containerd leaves out. Rules
// that come with a capability are left out with it.
function runtimeSeccomp(): object {
  const profile = JSON.parse(readFileSync('/usr/share/containers/seccomp.json', 'utf8')) as {
    readonly syscalls: readonly SeccompRule[]
  }
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const rules = profile.syscalls.filter(
    ({ includes }) => !includes?.caps && (includes?.arches?.includes(architecture) ?? true),
  )
  return {
    ...{ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38 },
    architectures: [architecture === 'arm64' ? 'SCMP_ARCH_AARCH64' : 'SCMP_ARCH_X86_64'],
    syscalls: rules
      .map(({ names, action, args }) => ({
        names: names.filter((name) => !name.startsWith('io_uring')),
        ...{ action, args: args ?? [] },
      }))
      .filter(({ names }) => names.length > 0),
  }
}
