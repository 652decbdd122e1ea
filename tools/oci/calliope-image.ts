// What is in Calliope's image: the executable, and below it the least that runs it. There is no shell,
// no package manager and nobody but user 65532; the root file system may be read-only. The Dockerfile
// in deploy/image makes the same image from a base that a build machine pulls; a test holds the two
// against each other.
import { version } from '../../package.json' with { type: 'json' }
import { type DebianPackage, debianPackage } from './debian-packages.ts'
import type { ImageContents, Layer } from './layout.ts'
import type { TarEntry } from './tar.ts'

export const USER = 65532

/** How the image runs: https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md */
export const RUNTIME = {
  User: `${USER}:${USER}`,
  Entrypoint: ['/usr/bin/calliope'],
  // Says what there is; a node is `capture --database …`.
  Cmd: ['--help'],
  Env: ['PATH=/usr/bin', 'CALLIOPE_DATA_DIR=/var/lib/calliope'],
  WorkingDir: '/var/lib/calliope',
  ExposedPorts: { '9060/udp': {}, '9061/tcp': {}, '9080/tcp': {} },
  Volumes: { '/var/lib/calliope': {} },
  StopSignal: 'SIGTERM',
} as const

/** Labels of every image of this version. */
export const LABELS = {
  'org.opencontainers.image.title': 'calliope',
  'org.opencontainers.image.description':
    'Captures SIP signalling mirrored as HEP, loses none of it, finds and explains any call.',
  'org.opencontainers.image.version': version,
} as const

export interface ImageInput {
  readonly executable: Uint8Array
  /** The commit, when it is known. */
  readonly revision?: string
  /** Seconds since 1970, as SOURCE_DATE_EPOCH has it. @default 0 */
  readonly createdSeconds?: number
}

/** The whole image. */
export async function calliopeImage({
  executable,
  revision,
  createdSeconds = 0,
}: ImageInput): Promise<ImageContents> {
  const packages = await basePackages()
  const base = packages.map(({ name, version }) => `${name}=${version}`).join(' ')
  const labels = {
    ...LABELS,
    ...(revision ? { 'org.opencontainers.image.revision': revision } : {}),
  }
  const bin: TarEntry = { path: 'usr/bin/calliope', kind: 'file', mode: 0o755, bytes: executable }
  return {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    config: { ...RUNTIME, Labels: labels },
    annotations: { ...labels, 'org.opencontainers.image.base.name': `debian:12 (${base})` },
    created: new Date(createdSeconds * 1000).toISOString().replace('.000', ''),
    layers: [baseLayer(packages, base), { entries: [bin], made: 'calliope, from npm run build' }],
  }
}

// The executable is linked against glibc; names are resolved by its two plug-ins; threads end through
// libgcc. Certificates are for databases and identity providers. Time zones and locales are Bun's own.
const LIBRARY =
  /^lib(64)?\/(.*\/)?(ld-linux.*|lib(c|m|dl|pthread|rt|resolv|gcc_s|nss_dns|nss_files))\.so\.\d+$/

const basePackages = (): Promise<DebianPackage[]> =>
  Promise.all([
    debianPackage('libc6', (path) => LIBRARY.test(path) || isLicence(path)),
    debianPackage('libgcc-s1', (path) => LIBRARY.test(path) || isLicence(path)),
    debianPackage('ca-certificates', (path) => /\/mozilla\/.*\.crt$/.test(path) || isLicence(path)),
  ])

const isLicence = (path: string): boolean => /^usr\/share\/doc\/[^/]+\/copyright$/.test(path)

function baseLayer(packages: readonly DebianPackage[], base: string): Layer {
  const all = packages.flatMap(({ entries }) => entries)
  const certificates = all.filter(({ path }) => path.endsWith('.crt'))
  const kept = all.filter((entry) => !certificates.includes(entry))
  const files = [...kept, ...FILES, bundleOf(certificates), ...packages.map(statusOf)]
  return { entries: [...directoriesOf(files), ...files], made: `Debian 12: ${base}` }
}

const text = (path: string, text: string): TarEntry => ({
  ...{ path, kind: 'file', mode: 0o644, bytes: Buffer.from(text) },
})

const FILES: readonly TarEntry[] = [
  text(
    'etc/passwd',
    `root:x:0:0:root:/:/none\ncalliope:x:${USER}:${USER}::/var/lib/calliope:/none\n`,
  ),
  text('etc/group', `root:x:0:\ncalliope:x:${USER}:\n`),
  text('etc/nsswitch.conf', 'hosts: files dns\n'),
  text('etc/os-release', 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n'),
  { path: 'tmp', kind: 'directory', mode: 0o1777 },
  { path: 'var/lib/calliope', kind: 'directory', mode: 0o750, owner: USER },
  { path: 'etc/calliope', kind: 'directory', mode: 0o755 },
  { path: 'run/secrets', kind: 'directory', mode: 0o755 },
]

// What Debian's update-ca-certificates would write.
const bundleOf = (certificates: readonly TarEntry[]): TarEntry =>
  text(
    'etc/ssl/certs/ca-certificates.crt',
    [...certificates]
      .sort((a, b) => (a.path < b.path ? -1 : 1))
      .map(({ bytes }) => Buffer.from(bytes!).toString().trim())
      .join('\n')
      .concat('\n'),
  )

const statusOf = ({ name, control }: DebianPackage): TarEntry =>
  text(`var/lib/dpkg/status.d/${name}`, control)

/** Every folder above the files that is not named itself. */
function directoriesOf(files: readonly TarEntry[]): TarEntry[] {
  const named = new Set(files.map(({ path }) => path))
  const above = new Set<string>()
  for (const { path } of files)
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1))
      above.add(path.slice(0, at))
  return [...above]
    .filter((path) => !named.has(path))
    .map((path) => ({ path, kind: 'directory', mode: 0o755 }) as const)
}
