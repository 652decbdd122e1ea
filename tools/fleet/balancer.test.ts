// The balancer with real sockets: targets that count what they get, and say whether they are ready.
import { expect, test } from 'bun:test'
import dgram from 'node:dgram'
import net from 'node:net'
import { Balancer, type BalancerOptions } from './balancer.ts'

const FAST = { intervalMs: 10, healthyCount: 2, unhealthyCount: 2 }

/** A node that only counts. */
class CountingNode implements AsyncDisposable {
  readonly id: string
  packets = 0
  isReady = true
  readonly peers = new Set<string>()
  readonly #udp = dgram.createSocket('udp4')
  readonly #tcp = net.createServer((socket) => void socket.pipe(socket))
  readonly #http: ReturnType<typeof Bun.serve>

  private constructor(id: string) {
    this.id = id
    this.#udp.on('message', (_, { address }) => {
      this.packets++
      this.peers.add(address)
    })
    this.#http = Bun.serve({
      ...{ hostname: '127.0.0.1', port: 0 },
      fetch: () => new Response('', { status: this.isReady ? 200 : 503 }),
    })
  }

  static async start(id: string): Promise<CountingNode> {
    const node = new CountingNode(id)
    await new Promise<void>((resolve) => node.#udp.bind(0, '127.0.0.1', resolve))
    await new Promise<void>((resolve) => node.#tcp.listen(0, '127.0.0.1', resolve))
    return node
  }

  get setup() {
    const at = (port: number) => ({ host: '127.0.0.1', port })
    return {
      ...{ id: this.id, udp: at(this.#udp.address().port) },
      tcp: at((this.#tcp.address() as net.AddressInfo).port),
      healthUrl: this.#http.url.href,
    }
  }

  async [Symbol.asyncDispose]() {
    this.#udp.close()
    this.#tcp.close()
    await this.#http.stop(true)
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it did not come to that within 5 s')
    await Bun.sleep(5)
  }
}

async function setUp(count: number, options: BalancerOptions = {}) {
  const stack = new AsyncDisposableStack()
  const nodes = await Promise.all(
    Array.from({ length: count }, (_, i) => CountingNode.start(`n${i}`)),
  )
  for (const node of nodes) stack.use(node)
  const balancer = await Balancer.start({ health: FAST, ...options })
  stack.defer(() => balancer.close())
  for (const node of nodes) balancer.register(node.setup)
  const state = (id: string) => balancer.counts().targets.find((one) => one.id === id)!.state
  await until(() => nodes.every(({ id }) => state(id) === 'healthy'))
  const received = () => nodes.reduce((sum, { packets }) => sum + packets, 0)
  return { balancer, nodes, state, received, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** Senders with sockets of their own; `send` gives each so many datagrams. */
async function senders(balancer: Balancer, count: number, ip = '127.0.0.1') {
  const { host: hostname, port } = balancer.address('udp')
  const sockets = await Promise.all(
    Array.from({ length: count }, () =>
      Bun.udpSocket({ hostname: ip, connect: { hostname, port } }),
    ),
  )
  return {
    send: (each: number) => {
      for (const socket of sockets) for (let i = 0; i < each; i++) socket.send('HEP3')
    },
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.close()
    },
  }
}

test('Balancer delivers every datagram, each flow to one node, and counts the same as they do', async () => {
  await using rig = await setUp(3)
  using many = await senders(rig.balancer, 48, '127.0.0.9')
  for (let round = 0; round < 40; round++) {
    many.send(5) // what a receive buffer of the usual size holds
    await until(() => rig.received() === 48 * 5 * (round + 1))
  }
  const { received, dropped, flows, targets } = rig.balancer.counts()
  expect([received, flows]).toEqual([9_600, 48])
  expect(dropped).toEqual({ kernel_buffer: 0, no_target: 0, send_failed: 0 })
  expect(targets.map(({ packets }) => packets)).toEqual(rig.nodes.map(({ packets }) => packets))
  expect(targets.every(({ flows, packets }) => packets === flows * 200)).toBe(true)
  // On 127/8 the sender's address stays, as with the real one.
  for (const node of rig.nodes) expect([...node.peers]).toEqual(['127.0.0.9'])
})

// The reason for `calliope relay`: what two SIP servers send is two flows.
test('Balancer leaves two busy senders on their nodes when nodes are added', async () => {
  await using rig = await setUp(2)
  using two = await senders(rig.balancer, 2)
  two.send(100)
  await until(() => rig.received() === 200)
  const before = rig.nodes.map(({ packets }) => packets)
  await using third = await CountingNode.start('new')
  rig.balancer.register(third.setup)
  await until(() => rig.state('new') === 'healthy')
  two.send(100)
  await until(() => rig.received() === 400)
  expect([rig.nodes.map(({ packets }) => packets), third.packets]).toEqual([
    before.map((packets) => packets * 2),
    0,
  ])
})

test('Balancer moves flows when a target was taken off and its delay is over, and loses none', async () => {
  await using rig = await setUp(2)
  using many = await senders(rig.balancer, 16)
  many.send(10)
  await until(() => rig.received() === 160)
  const [leaving, staying] = rig.nodes
  const had = leaving!.packets
  expect(had).toBeGreaterThan(0)
  const gone = rig.balancer.deregister(leaving!.id, 40)
  many.send(10) // while it drains, its flows are still its own
  await until(() => rig.received() === 320)
  expect(leaving!.packets).toBe(had * 2)
  await gone
  expect(rig.state(leaving!.id)).toBe('gone')
  many.send(10)
  await until(() => rig.received() === 480)
  expect([leaving!.packets, staying!.packets]).toEqual([had * 2, 480 - had * 2])
})

test('Balancer leaves flows of a target that was taken off until they are idle, when told so', async () => {
  await using rig = await setUp(2, { terminatesConnections: false, udpIdleMs: 300 })
  using many = await senders(rig.balancer, 16)
  many.send(1)
  await until(() => rig.received() === 16)
  const had = rig.nodes[0]!.packets
  const gone = rig.balancer.deregister('n0', 1)
  await until(() => rig.state('n0') === 'draining')
  many.send(1)
  await until(() => rig.received() === 32)
  expect(rig.nodes[0]!.packets).toBe(had * 2)
  await gone // nobody speaks: the idle time ends them
  many.send(1)
  await until(() => rig.received() === 48)
  expect(rig.nodes[0]!.packets).toBe(had * 2)
})

test('Balancer gives nothing new to a target whose checks fail, and takes it back', async () => {
  await using rig = await setUp(2)
  const [sick, well] = rig.nodes
  sick!.isReady = false
  await until(() => rig.state(sick!.id) === 'unhealthy')
  using many = await senders(rig.balancer, 16)
  many.send(1)
  await until(() => rig.received() === 16)
  expect([sick!.packets, well!.packets]).toEqual([0, 16])
  sick!.isReady = true
  await until(() => rig.state(sick!.id) === 'healthy')
})

test('Balancer counts what it has no target for', async () => {
  await using rig = await setUp(0)
  using one = await senders(rig.balancer, 1)
  one.send(7)
  await until(() => rig.balancer.counts().received === 7)
  expect(rig.balancer.counts().dropped.no_target).toBe(7)
})

test('Balancer passes TCP both ways, and ends connections to a target that is taken off', async () => {
  await using rig = await setUp(1)
  const { host, port } = rig.balancer.address('tcp')
  const socket = net.connect({ host, port })
  const bytes = Buffer.alloc(300_000, 'x')
  let echoed = 0
  socket.on('data', (chunk) => {
    echoed += chunk.length
  })
  socket.write(bytes)
  await until(() => echoed === bytes.length)
  expect(rig.balancer.counts().targets[0]!.connections).toBe(1)
  const closed = new Promise((resolve) => socket.on('close', resolve))
  await rig.balancer.deregister('n0', 1)
  await closed
})
