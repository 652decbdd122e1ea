// Finding the embedded server of a node that runs: `calliope user` talks to it instead of starting a
// second one on the same files. PostgreSQL writes its process and port into postmaster.pid.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from './connect.ts'

/** The URL of the server that runs in this directory; undefined when none answers. */
export async function readRunningUrl(directory: string): Promise<string | undefined> {
  try {
    const lines = readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8').split('\n')
    const port = Number(lines[3])
    const { password } = JSON.parse(readFileSync(join(directory, 'credentials.json'), 'utf8')) as {
      password: string
    }
    const url = `postgres://calliope:${password}@127.0.0.1:${port}/calliope?sslmode=disable`
    const sql = connect({ url, max: 1, connectSecondsMax: 2 })
    try {
      await sql`select 1`
      return url
    } finally {
      await sql.close({ timeout: 0 })
    }
  } catch {
    // No file, or one that a killed server left behind: nothing runs.
    return undefined
  }
}
