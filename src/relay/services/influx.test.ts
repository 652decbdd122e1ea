// The points as recorders see them, and as a real InfluxDB 1 gives them back where Debian's package is there.
import { expect, test } from 'bun:test'
import { encodeHep } from '#hep'
import { numbersTo, RelayRig } from '../testing/relay-rig.ts'
import { RunningInflux } from '../testing/running-influx.ts'
import { carryToService } from '../testing/service-carrier.ts'
import { ServiceRecorder } from '../testing/service-recorder.ts'

if (!RunningInflux.isInstalled)
  console.warn(
    '\nNOT TESTED: points in a real InfluxDB. On Debian, as root: apt-get install influxdb\n',
  )

const AT_US = 1_795_000_000_123_456
const PAYLOAD =
  'BYE sip:b@x SIP/2.0\r\nFrom: "q" <sip:a@x>\r\nTo: <sip:b@x>\r\nCall-ID: c 1\r\nCSeq: 7 BYE\r\n\r\n'
const ADDRESSES = { srcIp: '10.0.0.1', dstIp: '2001:db8::2', srcPort: 5060, dstPort: 5062 }

const frame = (payload: string): Buffer =>
  encodeHep({ ...ADDRESSES, atUs: AT_US, payload: Buffer.from(payload) })

async function postedTo(options: string, frames = [frame(PAYLOAD)]) {
  await using rig = await RelayRig.start()
  await using server = new ServiceRecorder()
  rig.append(frames)
  const { carrier } = carryToService(rig, `influx+http://${server.host}${options}`)
  await carrier.drain()
  return server.posted
}

test('influxService writes heplify-server points, one line each', async () => {
  const [posted] = await postedTo('/write?db=hep')
  expect(posted!.path).toBe('POST /write?db=hep&precision=ns')
  expect(posted!.headers).toMatchObject({
    ...{ 'content-type': 'text/plain; charset=utf-8', 'content-encoding': 'gzip' },
  })
  const text = PAYLOAD.replaceAll('\r\n', '\\r\\n').replaceAll('"', '\\"')
  expect(posted!.body).toBe(
    'hep_1,dst_ip=2001:db8::2,dst_port=5062,src_ip=10.0.0.1,src_port=5060 ' +
      `create_date=${AT_US / 1_000 - 0.456}i,payload="${text}",payload_size=${PAYLOAD.length}i,` +
      `sip_method="BYE",call_id="c 1" ${AT_US}000\n`,
  )
})

test.each([
  ['?db=a&rp=week', '/write?db=a&rp=week&precision=ns'],
  ['?bucket=b+c&org=o', '/api/v2/write?org=o&bucket=b+c&precision=ns'],
  ['/under/?api=v3&db=a', '/under/api/v3/write_lp?db=a&precision=nanosecond&accept_partial=true'],
  ['', '/write?precision=ns'],
])('influxService posts to the endpoint that %p means', async (options, path) => {
  const [posted] = await postedTo(options)
  expect(posted!.path).toBe(`POST ${path}`)
})

test('influxService keeps two packets of one microsecond apart', async () => {
  const [posted] = await postedTo('?text=plain', [frame(PAYLOAD), frame(PAYLOAD)])
  const times = [...posted!.body.matchAll(/" (\d+)\n/g)].map(([, at]) => at)
  expect(times).toEqual([`${AT_US}000`, `${AT_US}001`])
})

test('openService waits while the database is missing, and gives nothing up for it', async () => {
  await using rig = await RelayRig.start()
  await using server = new ServiceRecorder(() =>
    Response.json({ error: 'database not found: "hep"' }, { status: 400 }),
  )
  rig.write(20)
  const { carrier, target } = carryToService(rig, `influx+http://${server.host}?db=hep`)
  while (carrier.targets.get(target)!.isUsable) await Bun.sleep(5)
  expect(carrier.targets.get(target)!.why).toContain('database not found')
  expect(carrier.counts()).toMatchObject({ taken: 0, rejected: 0, dropped: {} })
})

if (RunningInflux.isInstalled)
  test('influxService: a real InfluxDB has every frame once, as it was, whatever is sent twice', async () => {
    await using rig = await RelayRig.start()
    await using influx = await RunningInflux.start()
    await influx.query('CREATE DATABASE hep')
    const odd = Buffer.from('INVITE "quoted" \\ back\\\\slash, = \t é \u0001\r\n\r\n')
    const to = `influx+http://${influx.host}?db=hep&text=plain&batch=100`
    rig.append([encodeHep({ ...ADDRESSES, atUs: AT_US, payload: odd })], 'udp-1')
    rig.write(3_000)
    for (const name of ['first', 'again']) {
      // The same frames from the beginning: as after a lost journal.
      const { carrier } = carryToService(rig, to, { name })
      await carrier.drain()
      expect(carrier.counts()).toMatchObject({ taken: 3_001, rejected: 0 })
    }
    const rows = await influx.query('SELECT payload, call_id, src_port FROM hep.autogen.hep_1')
    const payloads = rows.map(({ payload }) => String(payload))
    expect(payloads).toContain(odd.toString())
    const numbers = payloads.flatMap((text) => /CSeq: (\d+)/.exec(text)?.[1] ?? []).map(Number)
    expect(numbers.sort((a, b) => a - b)).toEqual(numbersTo(3_000))
  })

if (RunningInflux.isInstalled)
  test('openService finds the one point that InfluxDB refuses, and carries the others', async () => {
    await using rig = await RelayRig.start()
    await using influx = await RunningInflux.start()
    await influx.query('CREATE DATABASE hep')
    // In the week of that frame, and in no other, payload is a number from now on.
    await influx.write('hep', `hep_1 payload=1i ${AT_US}000`)
    rig.write(100)
    rig.append([frame(PAYLOAD)])
    rig.write(100)
    const { carrier, outlet } = carryToService(rig, `influx+http://${influx.host}?db=hep`)
    await carrier.drain()
    expect(carrier.counts()).toMatchObject({ taken: 200, rejected: 1 })
    expect([...outlet.tally!().refused.keys()].join()).toContain('field type conflict')
  })
