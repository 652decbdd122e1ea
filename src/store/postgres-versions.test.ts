// The oldest and the newest PostgreSQL we promise are not both in the npm package: other versions
// installed on this machine are tried as well.
import { expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from './postgres/connect.ts'
import { startEmbedded } from './postgres/embedded.ts'
import { migrate } from './postgres/migrate.ts'
import { enforceRetention } from './postgres/retention.ts'
import { removeAtExit } from './postgres/test-server.ts'
import { optionsFor, payloadsIn, storeAll } from './write/test-rig.ts'
import { CALL_STEPS, callFrames, testSpool } from './write/test-spool.ts'

const DEBIAN = '/usr/lib/postgresql'

function installed(): string[] {
  try {
    return readdirSync(DEBIAN).filter((version) => +version >= 14 && +version <= 18)
  } catch {
    return []
  }
}

if (installed().length === 0)
  console.log(`NOT TESTED: other PostgreSQL versions; none in ${DEBIAN}`)

for (const version of installed()) {
  test(`the writer stores into PostgreSQL ${version}`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'calliope-version-'))
    removeAtExit(directory)
    const server = await startEmbedded({
      directory,
      programs: join(DEBIAN, version, 'bin'),
      settings: { fsync: 'off' },
    })
    expect(server.version).toStartWith(`PostgreSQL ${version}.`)
    await using spool = await testSpool()
    const sql = connect({ url: server.url })
    await migrate(sql)
    for (const part of [1, 2]) {
      spool.append(callFrames(`call-${part}`, { headers: ['X-CID: other'] }))
      await storeAll({ ...optionsFor(server.url, spool), customHeaders: ['X-CID'] })
    }
    expect((await payloadsIn({ sql })).size).toBe(2 * CALL_STEPS.length)
    expect(await enforceRetention(sql, { retentionMs: 3_600_000, bytesMax: 1 })).toEqual([])
    await sql.close()
    await server.stop()
    rmSync(directory, { recursive: true })
  })
}
