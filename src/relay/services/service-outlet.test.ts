import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sinkCertificate } from '../../../test/hep-sinks.ts'
import { numbersTo, RelayRig } from '../testing/relay-rig.ts'
import { carryToService } from '../testing/service-carrier.ts'
import { ServiceRecorder } from '../testing/service-recorder.ts'

/** The numbers of the frames in a body, whatever the service. */
const numbersIn = (body: string): number[] =>
  [...body.matchAll(/CSeq: (\d+)/g)].map(([, number]) => Number(number))

test('openService bounds its requests, and halves what is too much for the other side', async () => {
  await using rig = await RelayRig.start()
  const kept: number[] = []
  let largest = 0
  await using server = new ServiceRecorder(({ body }) => {
    largest = Math.max(largest, body.length)
    if (body.length > 40_000) return new Response('too large', { status: 413 })
    kept.push(...numbersIn(body))
    return new Response(null, { status: 204 })
  })
  rig.write(2_000)
  const { carrier } = carryToService(rig, `loki+http://${server.host}?batch=128`)
  await carrier.drain()
  expect(kept.sort((a, b) => a - b)).toEqual(numbersTo(2_000))
  expect(largest).toBeLessThan(2 * 128 * 1024)
  expect(carrier.counts()).toMatchObject({ taken: 2_000, rejected: 0 })
})

test('openService rejects the frames a service refuses, one by one, and holds up no other', async () => {
  await using rig = await RelayRig.start()
  const kept = new Set<number>()
  await using server = new ServiceRecorder(({ body }) => {
    const numbers = numbersIn(body)
    if (numbers.includes(77) || numbers.includes(500))
      return Response.json({ message: `entry 77 of {a="b"} is too old` }, { status: 400 })
    for (const number of numbers) kept.add(number)
    return new Response(null, { status: 204 })
  })
  rig.write(1_000)
  const { carrier, outlet } = carryToService(rig, `loki+http://${server.host}`)
  await carrier.drain()
  expect(numbersTo(1_000).filter((number) => !kept.has(number))).toEqual([77, 500])
  expect(carrier.counts()).toMatchObject({ taken: 998, rejected: 2, settled: 1_000 })
  expect([...outlet.tally!().refused]).toEqual([['400 entry 0 of … is too old', 2]])
})

test('openService gives up on a parcel of which everything is refused, within its requests', async () => {
  await using rig = await RelayRig.start()
  await using server = new ServiceRecorder(() => new Response('no', { status: 422 }))
  rig.write(2_000)
  const { carrier } = carryToService(rig, `loki+http://${server.host}`)
  await carrier.drain()
  expect(carrier.counts()).toMatchObject({ taken: 0, rejected: 2_000 })
  expect(server.posted.length).toBeLessThan(300)
})

test('openService waits as long as Retry-After says, and sends all of it then', async () => {
  await using rig = await RelayRig.start()
  const times: number[] = []
  await using server = new ServiceRecorder((_, count) => {
    times.push(performance.now())
    const headers = { 'retry-after': '1' }
    return new Response(null, count === 1 ? { status: 429, headers } : { status: 204 })
  })
  rig.write(50)
  const { carrier } = carryToService(rig, `loki+http://${server.host}`)
  await carrier.drain()
  expect(times[1]! - times[0]!).toBeGreaterThan(950)
  expect(numbersIn(server.posted[1]!.body)).toEqual(numbersTo(50))
})

test.each([401, 403, 404, 302])('openService gives nothing up for a %d', async (status) => {
  await using rig = await RelayRig.start()
  const headers = { location: 'http://127.0.0.1:1/' }
  await using server = new ServiceRecorder(
    ({ headers: { authorization = '' } }) => new Response(authorization, { status, headers }),
  )
  rig.write(10)
  const { carrier, target } = carryToService(rig, `elastic+http://${server.host}`, {
    login: 'ApiKey hush-hush',
  })
  while (carrier.targets.get(target)!.isUsable) await Bun.sleep(2)
  const { why } = carrier.targets.get(target)!
  expect(why).toBe(`${status} ApiKey …`) // even a server that tells the login: the log does not
  expect(carrier.counts()).toMatchObject({ taken: 0, rejected: 0, dropped: {} })
})

test('openService believes a certificate only when its authority is known', async () => {
  const fixture = (name: string) =>
    readFileSync(join(import.meta.dir, '../../../test/fixtures', `localhost.${name}`), 'utf8')
  using server = Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0 },
    tls: { cert: fixture('crt'), key: fixture('key') },
    fetch: () => new Response(null, { status: 204 }),
  })
  await using rig = await RelayRig.start()
  rig.write(10)
  const to = `influx+https://127.0.0.1:${server.port}?db=hep`
  const wary = carryToService(rig, to, { name: 'wary' })
  while (wary.carrier.targets.get(wary.target)!.isUsable) await Bun.sleep(2)
  expect(wary.carrier.targets.get(wary.target)!.why).toContain('CERT')
  const { carrier } = carryToService(rig, to, { ca: sinkCertificate() })
  await carrier.drain()
  expect(carrier.counts().taken).toBe(10)
})
