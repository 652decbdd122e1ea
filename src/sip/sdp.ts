// Session descriptions (RFC 8866), as much of them as a ladder and leg correlation need: who offers
// which media where, with which codecs, in which direction, encrypted or not.
//
// A multipart body (SIP-I: ISUP beside SDP) is searched for its SDP: the first line that reads v=0.
// Unknown lines and attributes are skipped; a description without any media is still one. Limits:
// SDP_CHARS_MAX read, MEDIA_MAX streams, FORMATS_MAX formats each; what is beyond is left out.
import { formatName } from './sdp-formats.ts'

export const SDP_CHARS_MAX = 65_535
export const MEDIA_MAX = 32
export const FORMATS_MAX = 64

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

export interface SdpOrigin {
  readonly username: string
  readonly sessionId: string
  readonly version: string
  readonly address: string
}

export interface SdpFormat {
  /** Payload type number, or the format's name for media other than RTP. */
  readonly id: string
  /** 'PCMA/8000' from rtpmap or the static table; '' when neither knows it. */
  readonly name: string
  /** The fmtp parameters; '' without. */
  readonly parameters: string
}

export interface SdpMedia {
  /** 'audio', 'video', 'image' … */
  readonly type: string
  /** From its own c= line, else the session's; '' without either. */
  readonly ip: string
  /** 0 = refused or removed. */
  readonly port: number
  /** 'RTP/AVP', 'UDP/TLS/RTP/SAVPF', 'udptl' … */
  readonly protocol: string
  readonly formats: readonly SdpFormat[]
  readonly direction: MediaDirection
  /** Keys by SDES (a=crypto) or DTLS (a=fingerprint). */
  readonly encrypted: boolean
  /** a=rtcp, where it is not the next port. */
  readonly rtcpPort: number | undefined
  /** ICE candidates or credentials are offered. */
  readonly ice: boolean
}

export interface Sdp {
  readonly origin: SdpOrigin | undefined
  /** Address of the session's c= line; '' without. */
  readonly connection: string
  readonly media: readonly SdpMedia[]
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] }
type MediaDraft = Mutable<Omit<SdpMedia, 'formats'>> & { readonly formats: Mutable<SdpFormat>[] }
interface Draft {
  origin: SdpOrigin | undefined
  connection: string
  direction: MediaDirection
  encrypted: boolean
  ice: boolean
  readonly media: MediaDraft[]
}

/** Reads the session description in a body; undefined when there is none. */
export function parseSdp(body: string | Buffer): Sdp | undefined {
  const text = typeof body === 'string' ? body : body.toString('latin1', 0, SDP_CHARS_MAX)
  const begin = text.search(/^v=0[ \t]*\r?$/m)
  if (begin < 0) return undefined
  const draft: Draft = {
    origin: undefined,
    connection: '',
    direction: 'sendrecv',
    encrypted: false,
    ice: false,
    media: [],
  }
  for (const line of text.slice(begin, begin + SDP_CHARS_MAX).split(/\r?\n/)) {
    if (line.startsWith('--')) break // the end of a multipart's part
    if (line[1] === '=') readLine(draft, line[0]!, line.slice(2))
  }
  const { origin, connection, media } = draft
  return { origin, connection, media }
}

function readLine(draft: Draft, type: string, value: string): void {
  const media = draft.media.at(-1)
  switch (type) {
    case 'o':
      draft.origin ??= readOrigin(value)
      break
    case 'c':
      if (media === undefined) draft.connection = readConnection(value)
      else media.ip = readConnection(value)
      break
    case 'm':
      if (draft.media.length < MEDIA_MAX) draft.media.push(readMedia(draft, value))
      break
    case 'a':
      readAttribute(draft, media, value)
  }
}

/** o=alice 2890844526 2890844526 IN IP4 10.0.0.1 */
function readOrigin(value: string): SdpOrigin {
  const [username = '', sessionId = '', version = '', , , address = ''] = value.trim().split(/\s+/)
  return { username, sessionId, version, address }
}

/** c=IN IP4 224.2.36.42/127 */
function readConnection(value: string): string {
  return (value.trim().split(/\s+/)[2] ?? '').split('/', 1)[0] ?? ''
}

/** m=audio 49170/2 RTP/AVP 0 8 101 */
function readMedia(draft: Draft, value: string): MediaDraft {
  const [type = '', port = '', protocol = '', ...formats] = value.trim().split(/\s+/)
  return {
    type,
    ip: draft.connection,
    port: Number.parseInt(port, 10) || 0,
    protocol,
    formats: formats
      .slice(0, FORMATS_MAX)
      .map((id) => ({ id, name: formatName(id, protocol), parameters: '' })),
    direction: draft.direction,
    encrypted: draft.encrypted,
    rtcpPort: undefined,
    ice: draft.ice,
  }
}

/** Session attributes (before the first m=) are the default of every stream. */
function readAttribute(draft: Draft, media: MediaDraft | undefined, attribute: string): void {
  const colon = attribute.indexOf(':')
  const name = (colon < 0 ? attribute : attribute.slice(0, colon)).trim()
  const value = colon < 0 ? '' : attribute.slice(colon + 1).trim()
  const place = media ?? draft
  switch (name) {
    case 'sendrecv':
    case 'sendonly':
    case 'recvonly':
    case 'inactive':
      place.direction = name
      break
    case 'crypto':
    case 'fingerprint':
      place.encrypted = true
      break
    case 'candidate':
    case 'ice-ufrag':
      place.ice = true
      break
    case 'rtcp':
      if (media !== undefined) media.rtcpPort = Number.parseInt(value, 10) || undefined
      break
    case 'rtpmap':
    case 'fmtp':
      readFormat(media, name, value)
  }
}

/** a=rtpmap:8 PCMA/8000 · a=fmtp:101 0-16 */
function readFormat(media: MediaDraft | undefined, name: 'rtpmap' | 'fmtp', value: string): void {
  const blank = value.search(/\s/)
  if (media === undefined || blank < 0) return
  const id = value.slice(0, blank)
  const format = media.formats.find((candidate) => candidate.id === id)
  if (format === undefined) return
  format[name === 'rtpmap' ? 'name' : 'parameters'] = value.slice(blank).trim()
}
