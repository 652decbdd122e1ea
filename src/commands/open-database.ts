// The database itself, for commands that work on it without a server in between.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '#config'
import { connect, migrate, readRunningUrl, startEmbedded } from '#store'
import { CommandError } from './command.ts'

/** The database: the one of a running node, or an embedded one started for the moment. */
export async function openDatabase(
  { database: url, data_dir: dataDirectory }: Pick<Config, 'database' | 'data_dir'>,
  application: string,
) {
  const directory = join(dataDirectory, 'postgres')
  if (url === 'embedded' && !existsSync(dataDirectory))
    throw new CommandError(
      `${dataDirectory} does not exist. Give --data-dir of the installation, or --database URL.`,
    )
  const running = url === 'embedded' ? await readRunningUrl(directory) : url
  const embedded = running === undefined ? await startEmbedded({ directory }) : undefined
  const sql = connect({ url: running ?? embedded!.url, max: 2, application })
  const close = async () => {
    await sql.close({ timeout: 1 })
    await embedded?.stop()
  }
  try {
    await migrate(sql)
  } catch (error) {
    await close()
    throw error
  }
  return { sql, [Symbol.asyncDispose]: close }
}
