import { expect, test } from 'bun:test'
import { SQL } from 'bun'
import { bytesOverDisk, diskUsage, diskUsageThere, parseDf } from './disk-usage.ts'
import { testDatabase } from './test-server.ts'

test('parseDf reads what df says, whatever the file system is called', () => {
  const head = 'Filesystem     1024-blocks      Used Available Capacity Mounted on'
  expect(parseDf([head, '/dev/my disk 1  263940717 42991616 207484573      18% /'])).toEqual({
    ...{ usedBytes: 42_991_616 * 1024, freeBytes: 207_484_573 * 1024 },
  })
  expect(() => parseDf([head])).toThrow('df answered with nothing known: Filesystem')
})

test('diskUsage of a server on this machine is that of its file system', async () => {
  await using database = await testDatabase()
  const { usedBytes, freeBytes } = await diskUsage(database.sql)
  const df = Bun.spawnSync(['df', '-Pk', '/tmp']).stdout.toString().split('\n')
  const known = parseDf(df)
  expect(Math.abs(usedBytes - known.usedBytes)).toBeLessThan(2e9)
  expect(Math.abs(freeBytes - known.freeBytes)).toBeLessThan(2e9)
})

test('diskUsageThere asks df through PostgreSQL, where the role may start programs', async () => {
  await using database = await testDatabase()
  const admin = new SQL({ url: database.adminUrl, max: 1 })
  const here = await diskUsage(database.sql)
  const [row] = await database.sql`select current_setting('data_directory') as directory`
  const there = await diskUsageThere(admin, row.directory)
  expect(Math.abs(there.usedBytes - here.usedBytes)).toBeLessThan(2e9)
  await expect(diskUsageThere(admin, "/no such 'place'")).rejects.toThrow('program "df')
  await expect(diskUsageThere(database.sql, row.directory)).rejects.toThrow('permission denied')
  await admin.close({ timeout: 0 })
})

test('bytesOverDisk is what would have to go, and 0 for a role that may not know', async () => {
  await using database = await testDatabase()
  const { usedBytes, freeBytes } = await diskUsage(database.sql)
  const percentUsed = (usedBytes / (usedBytes + freeBytes)) * 100
  expect(await bytesOverDisk(database.sql, 0)).toBe(0)
  expect(await bytesOverDisk(database.sql, Math.min(100, percentUsed + 5))).toBe(0)
  const over = await bytesOverDisk(database.sql, percentUsed / 2)
  expect(Math.abs(over - usedBytes / 2)).toBeLessThan(2e9)
  await using admin = new SQL({ url: database.adminUrl, max: 1 })
  const role = `poor_${process.pid}`
  await admin.unsafe(`create role ${role} login password 'x'`)
  const url = Object.assign(new URL(database.url), { username: role, password: 'x' })
  const poor = new SQL({ url: url.href, max: 1 })
  expect(await bytesOverDisk(poor, percentUsed / 2)).toBe(0)
  await poor.close({ timeout: 0 })
  await admin.unsafe(`drop role ${role}`)
})
