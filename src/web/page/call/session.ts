// A session description taken apart for explaining: more than the ladder needs (ICE, DTLS, SRTP, times),
// less than a media stack does. Attributes before the first m= line are the default of every stream.

/** One codec of a stream. */
export interface Codec {
  readonly id: string
  /** 'PCMA/8000'; the number itself for a dynamic type without a name. */
  readonly name: string
  readonly parameters: string
}

/** One m= line with all that belongs to it. */
export interface Stream {
  readonly type: string
  readonly ip: string
  /** 0 = refused. */
  readonly port: number
  readonly protocol: string
  readonly codecs: readonly Codec[]
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'
  readonly ptimeMs: number | undefined
  readonly bandwidth: string
  readonly candidates: number
  readonly iceUfrag: string
  readonly fingerprint: string
  readonly setup: string
  /** Names of the suites offered by a=crypto. */
  readonly suites: readonly string[]
  readonly rtcp: string
}

/** A whole description. */
export interface Session {
  readonly origin: string
  readonly version: string
  readonly name: string
  readonly streams: readonly Stream[]
}

// RFC 3551 §6: numbers that need no a=rtpmap.
const STATIC: Readonly<Record<string, string>> = {
  ...{ 0: 'PCMU/8000', 3: 'GSM/8000', 4: 'G723/8000', 8: 'PCMA/8000', 9: 'G722/8000' },
  ...{ 13: 'CN/8000', 15: 'G728/8000', 18: 'G729/8000', 26: 'JPEG/90000', 31: 'H261/90000' },
  ...{ 32: 'MPV/90000', 33: 'MP2T/90000', 34: 'H263/90000' },
}
const LINES_MAX = 2_000

type Attributes = Map<string, string[]>

/** The description in a body, multipart or not; undefined without one. */
export function readSession(body: string): Session | undefined {
  const begin = body.search(/^v=0\s*$/m)
  if (begin < 0) return undefined
  const blocks: string[][] = [[]]
  for (const line of body.slice(begin).split(/\r?\n/).slice(0, LINES_MAX)) {
    if (line.startsWith('--')) break // the end of a multipart's part
    if (line.startsWith('m=')) blocks.push([])
    blocks.at(-1)!.push(line.trimEnd())
  }
  const [head = [], ...media] = blocks
  const [origin = '', , version = ''] = lineOf(head, 'o').split(/\s+/)
  const address = lineOf(head, 'o').split(/\s+/)[5] ?? ''
  return {
    origin: [origin, address].filter(Boolean).join(' at '),
    version,
    name: lineOf(head, 's'),
    streams: media.map((lines) => streamOf(lines, head)),
  }
}

function streamOf(lines: readonly string[], head: readonly string[]): Stream {
  const [type = '', port = '', protocol = '', ...ids] = lineOf(lines, 'm').split(/\s+/)
  const [own, session] = [attributesOf(lines), attributesOf(head)]
  const of = (name: string) => (own.get(name) ?? session.get(name))?.[0] ?? ''
  const connection = lineOf(lines, 'c') || lineOf(head, 'c')
  return {
    ...{ type, protocol, port: Number.parseInt(port, 10) || 0 },
    ip: connection.split(/\s+/)[2]?.split('/')[0] ?? '',
    codecs: ids.map((id) => codecOf(id, own, protocol)),
    direction: directionOf(own) ?? directionOf(session) ?? 'sendrecv',
    ptimeMs: Number(of('ptime')) || undefined,
    bandwidth: lineOf(lines, 'b') || lineOf(head, 'b'),
    candidates: own.get('candidate')?.length ?? 0,
    ...{ iceUfrag: of('ice-ufrag'), fingerprint: of('fingerprint'), setup: of('setup') },
    suites: (own.get('crypto') ?? []).map((crypto) => crypto.split(/\s+/)[1] ?? ''),
    rtcp: own.has('rtcp-mux') ? 'on the same port' : of('rtcp'),
  }
}

function codecOf(id: string, attributes: Attributes, protocol: string): Codec {
  const parameterOf = (name: string) =>
    attributes
      .get(name)
      ?.find((value) => value.split(/\s/, 1)[0] === id)
      ?.slice(id.length)
      .trim() ?? ''
  const known = /RTP/i.test(protocol) ? STATIC[id] : undefined
  return { id, name: parameterOf('rtpmap') || known || id, parameters: parameterOf('fmtp') }
}

const lineOf = (lines: readonly string[], type: string): string =>
  lines
    .find((line) => line.startsWith(`${type}=`))
    ?.slice(2)
    .trim() ?? ''

function attributesOf(lines: readonly string[]): Attributes {
  const attributes: Attributes = new Map()
  for (const line of lines) {
    const [, name, value = ''] = /^a=([^:\s]+):?(.*)$/.exec(line) ?? []
    if (name !== undefined) attributes.set(name, [...(attributes.get(name) ?? []), value.trim()])
  }
  return attributes
}

const directionOf = (attributes: Attributes): Stream['direction'] | undefined =>
  (['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const).find((name) => attributes.has(name))
