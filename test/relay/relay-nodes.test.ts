// How the relay finds nodes, against directories that answer over real sockets, and what it does when
// nodes come and go.
import { expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startAwsSim } from '../../src/fleet/aws-sim/start.ts'
import { parseDestination } from '../../src/relay/destination.ts'
import { type FinderOptions, findNodes } from '../../src/relay/discover/find-nodes.ts'
import { followNodes } from '../../src/relay/discover/follow-nodes.ts'
import { FakeNodes, numbersTo, RelayRig } from '../../src/relay/testing/relay-rig.ts'
import { temporaryDirectory } from '../program.ts'

const find = (text: string, finder?: FinderOptions): Promise<string[]> => {
  const { scheme, origins } = parseDestination(text)
  return findNodes(scheme, origins[0]!, finder)
}

test('findNodes: every IPv4 address of a name is a node; a certificate stays for the name', async () => {
  const resolver = {
    lookup: async (host: string) =>
      host === 'six.example'
        ? [{ address: '2001:db8::1', family: 6 }]
        : [
            { address: '10.0.0.1', family: 4 },
            { address: '2001:db8::1', family: 6 },
            { address: '10.0.0.2', family: 4 },
          ],
    srv: async () => [
      { name: 'a.example', port: 7001, priority: 1 },
      { name: 'six.example', port: 7002, priority: 1 },
      { name: 'spare.example', port: 7003, priority: 2 },
    ],
  }
  expect(await find('http://a.example', { resolver })).toEqual([
    ...['http://10.0.0.1:9080', 'http://10.0.0.2:9080'],
  ])
  expect(await find('https://a.example:443', { resolver })).toEqual([
    ...['https://10.0.0.1:443#a.example', 'https://10.0.0.2:443#a.example'],
  ])
  expect(await find('tcp+srv://_hep._tcp.example', { resolver })).toEqual([
    ...['tcp://10.0.0.1:7001', 'tcp://10.0.0.2:7001', 'tcp://[2001:db8::1]:7002'],
  ])
  expect(await find('udp://localhost:9060')).toContain('udp://127.0.0.1:9060')
})

test('findNodes: Cloud Map gives the healthy members of a service, and all when none is healthy', async () => {
  await using aws = startAwsSim()
  const member = (ipv4: string, healthy: boolean) => ({ id: ipv4, ipv4, port: 9060, healthy })
  const was = { ...process.env }
  Object.assign(process.env, aws.env)
  try {
    const text = `http+cloudmap://capture.voip.local:9080?endpoint=${aws.url}&region=${aws.client.region}`
    const key = 'voip.local/capture'
    aws.discovery.set(key, [member('10.0.0.1', true), member('10.0.0.2', false)])
    expect(await find(text)).toEqual(['http://10.0.0.1:9080'])
    aws.discovery.set(key, [member('10.0.0.2', false)])
    expect(await find(text)).toEqual(['http://10.0.0.2:9080'])
    aws.discovery.set(key, [])
    expect(await find(text)).toEqual([])
  } finally {
    process.env = was
  }
})

test('findNodes: Kubernetes gives the ready endpoints of a service, asked with the account of the pod', async () => {
  const pem = (name: string) => readFileSync(join(import.meta.dir, '../fixtures', name), 'utf8')
  using account = temporaryDirectory()
  writeFileSync(join(account.path, 'ca.crt'), pem('localhost.crt'))
  writeFileSync(join(account.path, 'token'), 'the-token\n')
  let asked = ''
  await using api = Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0 },
    tls: { cert: pem('localhost.crt'), key: pem('localhost.key') },
    fetch: (request) => {
      asked = `${decodeURIComponent(new URL(request.url).pathname + new URL(request.url).search)} ${request.headers.get('authorization')}`
      const endpoint = (address: string, conditions: object) => ({
        addresses: [address],
        conditions,
      })
      return Response.json({
        items: [
          {
            ports: [
              { name: 'hep', port: 9060 },
              { name: 'api', port: 9080 },
            ],
            endpoints: [
              endpoint('10.1.0.1', { ready: true }),
              endpoint('10.1.0.2', { ready: false, serving: true, terminating: true }),
              endpoint('10.1.0.3', {}),
            ],
          },
        ],
      })
    },
  })
  const cluster = { url: `https://127.0.0.1:${api.port}`, account: account.path }
  expect(await find('http+k8s://calliope.voip?port=api', { cluster })).toEqual([
    ...['http://10.1.0.1:9080', 'http://10.1.0.3:9080'],
  ])
  expect(asked).toBe(
    '/apis/discovery.k8s.io/v1/namespaces/voip/endpointslices?labelSelector=kubernetes.io/service-name=calliope Bearer the-token',
  )
  expect(await find('udp+k8s://calliope.voip', { cluster })).toEqual([
    ...['udp://10.1.0.1:9060', 'udp://10.1.0.3:9060'],
  ])
  await expect(find('udp+k8s://calliope.voip')).rejects.toThrow('is this a pod?')
})

test('followNodes keeps the nodes it knew while nobody can tell, and tells each change once', async () => {
  let answer: string[] | Error = ['10.0.0.1']
  let looks = 0
  const resolver = {
    lookup: async () => {
      looks++
      if (answer instanceof Error) throw answer
      return answer.map((address) => ({ address, family: 4 }))
    },
    srv: async () => [],
  }
  const told: (readonly string[])[] = []
  const following = await followNodes(parseDestination('udp://a.example:1'), {
    resolver,
    everyMs: 1,
    onNodes: (targets) => told.push(targets),
  })
  const seeAgain = async () => {
    const before = looks
    while (looks < before + 3) await Bun.sleep(1)
  }
  await seeAgain()
  answer = new Error('SERVFAIL')
  await seeAgain()
  answer = ['10.0.0.2', '10.0.0.1']
  await seeAgain()
  await following.close()
  expect(told).toEqual([['udp://10.0.0.1:1'], ['udp://10.0.0.1:1', 'udp://10.0.0.2:1']])
})

test('nodes that come take their share, and those that go leave theirs to the others', async () => {
  await using rig = await RelayRig.start()
  const nodes = new FakeNodes()
  const carrier = rig.carrier(nodes, ['a', 'b'])
  const phases = [['a', 'b'], ['a', 'b', 'c', 'd'], ['c', 'd'], ['d']]
  for (const names of phases) {
    carrier.targets.replace(names)
    nodes.taken.clear()
    rig.write(2_800)
    await carrier.drain()
    expect([...nodes.taken.keys()].sort()).toEqual(names)
    const counts = [...nodes.taken.values()].map(({ length }) => length)
    expect(Math.max(...counts) / (2_800 / names.length)).toBeLessThan(1.3)
    expect(nodes.all).toEqual(numbersTo(rig.written).slice(-2_800))
  }
})
