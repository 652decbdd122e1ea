// A network load balancer in user space, for proof and demo: what the real one decides (flow-table.ts),
// with sockets of ours doing what it does in the network. UDP and TCP, one port of each per zone.
//
//   sender ──▶ front socket of a zone ──▶ flow ──▶ a socket of its own ──▶ the node's UDP port
//              recvmmsg, 64 at once                = one 5-tuple for the node too
//
// What differs from the real one: it keeps the sender's address and port as they are; a program cannot.
// A flow of 127.x.y.z keeps its address (all of 127/8 is this machine's), but not its port; others come
// from this machine's. Nothing comes back over UDP (HEP has no answers). Drops are counted by reason,
// those of the kernel included, so that a ledger over balancer and nodes can be whole.
import net from 'node:net'
import { type Flow, FlowTable, flowKey, type TargetState } from './flow-table.ts'
import { FrontSocket } from './front-socket.ts'
import { HealthCheck, type HealthOptions } from './health-check.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** A node to send to. */
export interface TargetSetup {
  readonly id: string
  /** @default 'a' */
  readonly zone?: string
  readonly udp: Address
  readonly tcp?: Address
  /** 200 means that it may be sent to. */
  readonly healthUrl: string
}

export interface BalancerOptions {
  /** @default ['a'] */
  readonly zones?: readonly string[]
  /** @default true */
  readonly crossZone?: boolean
  /** @default 120000 */
  readonly udpIdleMs?: number
  readonly health?: HealthOptions
  /** How long a target that was taken off keeps its flows. @default 300000 */
  readonly deregistrationMs?: number
  /** Whether they are ended then; else they stay until they are idle. @default true */
  readonly terminatesConnections?: boolean
}

export type BalancerDrop = 'kernel_buffer' | 'no_target' | 'send_failed'

export interface TargetCounts {
  readonly id: string
  readonly zone: string
  readonly state: TargetState
  readonly flows: number
  readonly connections: number
  /** Datagrams sent to it; what a dead one did not take is among them. */
  readonly packets: number
}

export interface BalancerCounts {
  /** Datagrams read from the front sockets, and those the kernel threw away before. */
  readonly received: number
  readonly dropped: Readonly<Record<BalancerDrop, number>>
  readonly flows: number
  /** Also those that are gone. */
  readonly targets: readonly TargetCounts[]
}

interface Target {
  readonly id: string
  readonly zone: string
  readonly setup: TargetSetup
  state: TargetState
  check: HealthCheck | undefined
  packets: number
  readonly connections: Set<net.Socket>
}

type Way = { socket: Bun.udp.ConnectedSocket<'buffer'> | undefined; waiting: Buffer[] }
type UdpFlow = Flow<Target, Way>

const EXPIRE_MS = 250
/** While a flow's socket opens, which takes less than a millisecond. */
const WAITING_MAX = 256

/** Balances until closed. */
export class Balancer {
  readonly #options: BalancerOptions
  readonly #targets = new Map<string, Target>()
  readonly #flows: FlowTable<Target, Way>
  readonly #fronts: FrontSocket[] = []
  readonly #servers: net.Server[] = []
  readonly #timers: Timer[] = []
  readonly #ports = { udp: new Map<string, Address>(), tcp: new Map<string, Address>() }
  readonly #dropped = { no_target: 0, send_failed: 0 }
  #received = 0
  #nowMs = performance.now()

  private constructor(options: BalancerOptions) {
    this.#options = options
    const targets = () => [...this.#targets.values()]
    this.#flows = new FlowTable({
      ...{ targets, idleMs: options.udpIdleMs ?? 120_000, crossZone: options.crossZone ?? true },
      onEnd: ({ way }) => {
        // Closed a little later: what waits in it still goes out.
        if (way?.socket) setTimeout((socket) => socket.close(), 50, way.socket)
      },
    })
  }

  /** Opens the ports of every zone. */
  static async start(options: BalancerOptions = {}): Promise<Balancer> {
    const balancer = new Balancer(options)
    for (const zone of options.zones ?? ['a']) await balancer.#open(zone)
    balancer.#timers.push(setInterval(() => balancer.#flows.expire(performance.now()), EXPIRE_MS))
    return balancer
  }

  /** Where senders of a zone send. */
  address(protocol: 'udp' | 'tcp', zone = this.#options.zones?.[0] ?? 'a'): Address {
    return this.#ports[protocol].get(zone)!
  }

  /** Takes a node on; it gets flows once its health checks say so. */
  register(setup: TargetSetup): void {
    const { id, zone = 'a' } = setup
    const fresh = { packets: 0, connections: new Set<net.Socket>(), check: undefined }
    const target: Target = { id, zone, setup, state: 'initial', ...fresh }
    this.#targets.set(id, target)
    target.check = new HealthCheck(setup.healthUrl, this.#options.health ?? {}, (isHealthy) => {
      if (target.state === 'draining' || target.state === 'gone') return
      target.state = isHealthy ? 'healthy' : 'unhealthy'
      if (!isHealthy) for (const connection of target.connections) connection.destroy()
    })
  }

  /** Takes a node off; resolves when its flows have moved away. */
  async deregister(id: string, delayMs = this.#options.deregistrationMs ?? 300_000): Promise<void> {
    const target = this.#targets.get(id)
    if (target === undefined || target.state === 'gone') return
    target.state = 'draining'
    target.check?.stop()
    await Bun.sleep(delayMs)
    if (this.#options.terminatesConnections ?? true) this.#endConnections(target)
    while (this.#flows.counts().get(id) !== undefined) await Bun.sleep(EXPIRE_MS)
    target.state = 'gone'
  }

  counts(): BalancerCounts {
    const kernel = this.#fronts.reduce((sum, front) => sum + front.kernelDrops(), 0)
    const flows = this.#flows.counts()
    return {
      received: this.#received + kernel,
      dropped: { ...this.#dropped, kernel_buffer: kernel },
      flows: this.#flows.size,
      targets: [...this.#targets.values()].map(({ id, zone, state, packets, connections }) => ({
        ...{ id, zone, state, packets },
        ...{ flows: flows.get(id) ?? 0, connections: connections.size },
      })),
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    for (const server of this.#servers) server.close()
    for (const target of this.#targets.values()) {
      target.check?.stop()
      this.#endConnections(target)
    }
    await Promise.all(this.#fronts.map((front) => front.close()))
  }

  async #open(zone: string): Promise<void> {
    const front = await FrontSocket.open((bytes, ip, port) => this.#take(bytes, ip, port, zone))
    this.#fronts.push(front)
    this.#ports.udp.set(zone, front.address)
    const server = net.createServer({ allowHalfOpen: true }, (socket) =>
      this.#connect(socket, zone),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    this.#servers.push(server)
    const { port } = server.address() as net.AddressInfo
    this.#ports.tcp.set(zone, { host: '127.0.0.1', port })
  }

  #take(bytes: Buffer, ip: string, port: number, zone: string): void {
    if ((this.#received++ & 63) === 0) this.#nowMs = performance.now()
    const flow = this.#flows.flow(flowKey(ip, port), zone, this.#nowMs)
    if (flow === undefined) {
      this.#dropped.no_target++
      return
    }
    flow.way ??= this.#openWay(flow, ip)
    const { socket, waiting } = flow.way
    if (socket) this.#send(flow.target, socket, bytes)
    else if (waiting.length < WAITING_MAX) waiting.push(Buffer.from(bytes))
    else this.#dropped.send_failed++
  }

  #send(target: Target, socket: Bun.udp.ConnectedSocket<'buffer'>, bytes: Buffer): void {
    try {
      if (socket.send(bytes)) target.packets++
      else this.#dropped.send_failed++
    } catch {
      this.#dropped.send_failed++
    }
  }

  #openWay(flow: UdpFlow, ip: string): Way {
    const { target } = flow
    const way: Way = { socket: undefined, waiting: [] }
    void Bun.udpSocket({
      hostname: ip.startsWith('127.') ? ip : '0.0.0.0',
      connect: { hostname: target.setup.udp.host, port: target.setup.udp.port },
      // Nobody listens there any more: what was lost is the difference to what the node counted.
      socket: { error: () => {} },
    }).then(
      (socket) => {
        way.socket = socket
        for (const bytes of way.waiting.splice(0)) this.#send(target, socket, bytes)
      },
      () => {
        this.#dropped.send_failed += way.waiting.splice(0).length
      },
    )
    return way
  }

  #connect(near: net.Socket, zone: string): void {
    const { remoteAddress = '127.0.0.1', remotePort = 0 } = near
    const target = this.#flows.pick(flowKey(remoteAddress, remotePort), zone)
    if (target?.setup.tcp === undefined) return void near.destroy()
    const far = net.connect({
      ...target.setup.tcp,
      localAddress: remoteAddress,
      allowHalfOpen: true,
    })
    target.connections.add(near)
    const end = () => {
      target.connections.delete(near)
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) socket.on('error', end)
    near.on('close', end)
    far.on('close', end)
    near.pipe(far) // both ways with back-pressure, and half-closed ones stay half open
    far.pipe(near)
  }

  #endConnections(target: Target): void {
    this.#flows.endFlowsOf(target.id)
    for (const connection of target.connections) connection.destroy()
  }
}
