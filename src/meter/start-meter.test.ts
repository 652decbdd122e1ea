import { expect, test } from 'bun:test'
import { Registry } from '#metrics'
import { publishMeter } from './publish-meter.ts'
import { startMeter } from './start-meter.ts'
import { ALICE, PROXY, sipFrame, testSpool } from './test-rig.ts'

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  const endMs = performance.now() + 10_000
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error('not within 10 s')
    await Bun.sleep(20)
  }
}

test('startMeter counts in a thread; what publishMeter registers is the text that Prometheus reads', async () => {
  await using spool = await testSpool()
  await using meter = startMeter({ spoolDirectory: spool.directory, filter: {} })
  const registry = new Registry()
  publishMeter(registry, meter)
  spool.append([
    sipFrame('INVITE', ALICE, PROXY, 0, { captureNode: 'ed"ge\\' }),
    sipFrame('180', PROXY, ALICE, 300),
  ])
  await until(() => meter.signal('frames') === 2)
  const lines = (await registry.metrics()).split('\n')
  expect(lines).toContain('# TYPE heplify_method_response counter')
  expect(lines).toContain(
    'heplify_method_response{target_name="",direction="",node_id="ed\\"ge\\\\",response="INVITE",method="INVITE"} 1',
  )
  expect(lines).toContain('heplify_kpi_srd{target_name="",node_id="edge"} 300000000')
  const histogram = lines.filter((line) => line.startsWith('calliope_session_request_delay'))
  expect(histogram).toContain(
    'calliope_session_request_delay_seconds_bucket{le="0.2",target_name="",node_id="edge"} 0',
  )
  expect(histogram).toContain(
    'calliope_session_request_delay_seconds_bucket{le="0.5",target_name="",node_id="edge"} 1',
  )
  expect(histogram).toContain(
    'calliope_session_request_delay_seconds_bucket{le="+Inf",target_name="",node_id="edge"} 1',
  )
  expect(histogram).toContain(
    'calliope_session_request_delay_seconds_sum{target_name="",node_id="edge"} 0.3',
  )
  expect(lines).toContain('calliope_meter_frames_total 2')
})

test('startMeter takes other targets and filters while it runs', async () => {
  await using spool = await testSpool()
  await using meter = startMeter({ spoolDirectory: spool.directory, filter: {} })
  meter.setTargets([`${PROXY}=proxy`])
  await meter.setFilter({ discardMethods: ['OPTIONS'] })
  spool.append([sipFrame('OPTIONS', ALICE, PROXY), sipFrame('INVITE', ALICE, PROXY)])
  await until(() => meter.signal('frames') === 2)
  const { heplify_method_response: counted } = await meter.tables()
  expect(counted).toEqual([[['proxy', 'dst', 'edge', 'INVITE', 'INVITE'], 1]])
  const fault = await meter
    .setFilter({ alegIds: ['X-Leg,('] })
    .catch((error: Error) => error.message)
  expect(fault).toContain('X-Leg')
  expect(meter.signal('starts')).toBe(1)
})

test('startMeter lets go of the spool when its thread fails again and again', async () => {
  await using spool = await testSpool({ fileBytesMax: 4_096 })
  const broken = { alegIds: ['X-Leg,('] }
  const limits = { behindBytesMax: 4_096, guardMs: 50 }
  await using meter = startMeter({ spoolDirectory: spool.directory, filter: broken, ...limits })
  for (let i = 0; i < 100; i += 1)
    spool.append([sipFrame('OPTIONS', ALICE, PROXY, i, { callId: `${i}` })])
  await until(() => meter.signal('starts') > 1 && spool.files() === 1)
})
