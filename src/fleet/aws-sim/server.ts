// The simulated AWS on the wire: one HTTP server on loopback that speaks what the SDK speaks.
//
//   POST /   X-Amz-Target: AmazonEC2ContainerServiceV20141113.UpdateService   {"service":"capture",…}
//            └─ which service ─────────────────────────┘ └─ operation ┘
//
// An operation that is not simulated answers 501 with its name, so that nothing passes a test by
// being ignored. Signatures are not checked; requests and replies are, against the SDK's own shapes.
// Paths other than / are handed to `otherPaths` (object storage speaks REST).
import { gunzipSync, serve } from 'bun'
import type { SimClock } from './clock.ts'
import { AwsFault, type FaultKind, type FaultPlan, faultError } from './fault.ts'
import type { CallRecord, Json, Operation, OperationTable } from './operations.ts'
import { SIM_SERVICES, type SimService } from './services.ts'
import { operationShape, shapeFaults } from './shapes.ts'

const CALLS_KEPT_MAX = 100_000

export interface SimServerOptions {
  readonly clock: SimClock
  readonly faults: FaultPlan
  readonly tables: readonly OperationTable[]
  /** Whatever is not POST / with an X-Amz-Target. */
  readonly otherPaths?: (request: Request) => Promise<Response>
  /** Called after every change of the world that came over the wire. */
  readonly afterCall: () => void
}

export interface SimServer {
  readonly url: string
  readonly calls: CallRecord[]
  close(): Promise<void>
}

interface Call {
  readonly service: SimService
  readonly name: string
  readonly input: Json
}

export function serveSimulatedAws(options: SimServerOptions): SimServer {
  const calls: CallRecord[] = []
  const server = serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => answer(request, options, calls),
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    calls,
    close: () => server.stop(true),
  }
}

async function answer(
  request: Request,
  options: SimServerOptions,
  calls: CallRecord[],
): Promise<Response> {
  const target = request.headers.get('x-amz-target')
  if (target === null)
    return options.otherPaths?.(request) ?? new Response('not simulated', { status: 501 })
  const [prefix, name = ''] = target.split('.')
  const service = SIM_SERVICES.find((known) => known.target === prefix)
  if (!service) return new Response(`service ${target} is not simulated`, { status: 501 })
  const call = { service, name, input: await readInput(request) }
  const planned = options.faults.take(name)
  if (planned?.kind === 'slow') await Bun.sleep(planned.waitMs)
  const response = await perform(call, planned, options, calls)
  // The work is done and the line goes dead: the caller cannot know whether it was.
  return planned?.kind === 'lost-reply'
    ? faultReply(service, new AwsFault('InternalFailure', 'The reply was lost', 500))
    : response
}

async function readInput(request: Request): Promise<Json> {
  const bytes = new Uint8Array(await request.arrayBuffer())
  const gzipped = request.headers.get('content-encoding') === 'gzip'
  const text = new TextDecoder().decode(gzipped ? gunzipSync(bytes) : bytes)
  return text === '' ? {} : (JSON.parse(text) as Json)
}

async function perform(
  call: Call,
  planned: FaultKind | undefined,
  options: SimServerOptions,
  calls: CallRecord[],
): Promise<Response> {
  let fault: AwsFault | undefined
  try {
    const error = planned && faultError(planned, call.service.key)
    if (error) throw error
    return jsonReply(call.service, await run(call, options))
  } catch (error) {
    if (!(error instanceof AwsFault)) throw error
    fault = error
    return faultReply(call.service, error)
  } finally {
    const record = { service: call.service.key, operation: call.name, input: call.input }
    const wrong = fault?.type ?? (planned?.kind === 'lost-reply' ? planned.kind : undefined)
    calls.push({ ...record, atMs: options.clock.nowMs, fault: wrong })
    if (calls.length > CALLS_KEPT_MAX) calls.shift()
  }
}

async function run({ service, name, input }: Call, options: SimServerOptions): Promise<Json> {
  const sdk = await service.load()
  const shape = operationShape(sdk, name)
  const operation = operationOf(options.tables, service, name)
  if (!shape || !operation)
    throw new AwsFault('NotSimulated', `${service.key} ${name} is not simulated`, 501)
  const wrong = shapeFaults(shape.request, input, name)
  if (wrong.length > 0) throw new AwsFault('ValidationException', wrong.join('; '))
  const reply = operation(input as never)
  // A reply the real client would drop half of is a fault of the simulation: say so, loudly.
  const odd = shapeFaults(shape.reply, reply, name)
  if (odd.length > 0) throw new Error(`the simulated AWS answers wrongly: ${odd.join('; ')}`)
  options.afterCall()
  return reply
}

function operationOf(
  tables: readonly OperationTable[],
  service: SimService,
  name: string,
): Operation | undefined {
  return tables.find((table) => table.service === service.key && table.operations[name])
    ?.operations[name]
}

const jsonReply = ({ contentType }: SimService, reply: Json): Response =>
  new Response(JSON.stringify(reply), {
    headers: { 'content-type': contentType, 'x-amzn-requestid': crypto.randomUUID() },
  })

function faultReply({ contentType }: SimService, fault: AwsFault): Response {
  const wait = fault.retryAfterSeconds
  return new Response(JSON.stringify({ __type: fault.type, message: fault.message }), {
    status: fault.status,
    headers: {
      'content-type': contentType,
      'x-amzn-errortype': fault.type,
      'x-amzn-requestid': crypto.randomUUID(),
      ...(wait === undefined ? {} : { 'retry-after': String(wait) }),
    },
  })
}
