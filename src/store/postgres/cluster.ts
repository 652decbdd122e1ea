// The data directory of the embedded server.
//
//   DIRECTORY/             0700, of the user PostgreSQL runs as (account.ts)
//     credentials.json     0600: two random passwords, made once
//     data/                what initdb made; data.new while it is being made
//     postgres.log         what the server says; begun anew when large
//
// initdb works in data.new, which is renamed when it is whole: killed half-way, it starts over.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { type Account, asUser } from './account.ts'
import type { PostgresBinaries } from './binaries.ts'

export interface Credentials {
  /** Of the superuser `postgres`: makes the database and is used for nothing else. */
  readonly superuserPassword: string
  /** Of the role `calliope`, which owns the database and no more. */
  readonly password: string
}

export interface Cluster {
  readonly directory: string
  readonly dataDirectory: string
  readonly logFile: string
  readonly credentials: Credentials
}

/** Opens the data directory, making it first where there is none. */
export async function openCluster(
  directory: string,
  binaries: PostgresBinaries,
  account: Account,
): Promise<Cluster> {
  own(directory, account, 0o700)
  const dataDirectory = join(directory, 'data')
  const isOld = existsSync(dataDirectory)
  if (isOld) checkMajor(dataDirectory, binaries)
  const credentials = readCredentials(directory, account, isOld)
  if (!isOld) await initialise(directory, binaries, account, credentials)
  return { directory, dataDirectory, logFile: join(directory, 'postgres.log'), credentials }
}

/** Before anything runs as another user: the folder has to exist for `findAccount` to try it. */
export function makeDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 })
}

function own(path: string, { user }: Account, mode: number): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid)
  if (process.platform !== 'win32') chmodSync(path, mode)
}

function checkMajor(dataDirectory: string, binaries: PostgresBinaries): void {
  const found = Number(readFileSync(join(dataDirectory, 'PG_VERSION'), 'utf8').trim())
  if (found === binaries.major) return
  throw new Error(
    `the data in ${dataDirectory} was made by PostgreSQL ${found}, and the programs here are version ` +
      `${binaries.major} (${binaries.postgres}). Name the bin folder of PostgreSQL ${found} in ` +
      'CALLIOPE_POSTGRES_BIN, or convert the data with pg_upgrade, or choose another --data-dir',
  )
}

function readCredentials(directory: string, account: Account, isOld: boolean): Credentials {
  const file = join(directory, 'credentials.json')
  if (existsSync(file)) return parseCredentials(file)
  if (isOld) throw noCredentials(`${file} is missing`)
  const credentials = { superuserPassword: randomPassword(), password: randomPassword() }
  writeFileSync(`${file}.new`, JSON.stringify(credentials), { mode: 0o600 })
  own(`${file}.new`, account, 0o600)
  renameSync(`${file}.new`, file)
  return credentials
}

function parseCredentials(file: string): Credentials {
  try {
    const { superuserPassword, password } = JSON.parse(readFileSync(file, 'utf8'))
    if (superuserPassword && password) return { superuserPassword, password }
  } catch {}
  throw noCredentials(`${file} is damaged`)
}

const noCredentials = (what: string): Error =>
  new Error(
    `${what}: without its passwords nobody can log in to the data beside it. Put it back from a ` +
      'backup, or choose another --data-dir',
  )

const randomPassword = (): string => randomBytes(24).toString('base64url')

async function initialise(
  directory: string,
  { initdb }: PostgresBinaries,
  account: Account,
  { superuserPassword }: Credentials,
): Promise<void> {
  const unfinished = join(directory, 'data.new')
  const passwordFile = join(directory, 'password.new')
  rmSync(unfinished, { recursive: true, force: true })
  writeFileSync(passwordFile, superuserPassword, { mode: 0o600 })
  own(passwordFile, account, 0o600)
  try {
    // Locale C: names and numbers compare by bytes, so LIKE 'abc%' can use any index.
    const options = ['-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C']
    await run(account, initdb, ['-D', unfinished, '--pwfile', passwordFile, ...options], directory)
    renameSync(unfinished, join(directory, 'data'))
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

/** Runs a program to its end; throws what it said when it fails. */
async function run(
  account: Account,
  program: string,
  programArgs: readonly string[],
  cwd: string,
): Promise<void> {
  const [command, ...args] = [...account.prefix, program, ...programArgs]
  const child = spawn(command!, args, {
    ...asUser(account),
    cwd,
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-2000)
    })
  }
  const exit = await new Promise<string | number>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => resolve(signal ?? code ?? 'unknown'))
  })
  if (exit === 0) return
  throw new Error(
    `${basename(program)} could not make a database in ${cwd} (exit code ${exit}): ${tellingLines(said)}`,
  )
}

/** Of what PostgreSQL's programs print, the last lines that say what went wrong. */
export function tellingLines(text: string): string {
  const lines = text.trim().split('\n')
  const telling = lines.filter((line) => /FATAL|ERROR|PANIC|HINT|DETAIL|could not/.test(line))
  return (telling.length > 0 ? telling : lines).slice(-6).join(' | ')
}
