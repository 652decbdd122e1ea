// The functions a script finds, as TypeScript sees them; `calliope script types` prints it, so that an editor
// knows them. A test holds it to what guest.ts really puts there.

/** A declaration file. */
export const SCRIPT_TYPES = `// What a script of Calliope finds. Written by: calliope script types > calliope.d.ts
// A script exports functions; each is called for every packet: export function name(hep, sip) { … }

/** HEP fields; setting one changes the packet. */
interface Hep {
  ProtoType: number
  SrcIP: string
  SrcPort: number
  DstIP: string
  DstPort: number
  NodeID: number
  NodeName: string
  /** Correlation id. */
  CID: string
  /** The call a SIP message is filed under. */
  SID: string
  /** Name of the target in metrics. */
  TargetName: string
  /** The message. */
  Payload: string
  readonly Version: number
  readonly Protocol: number
  readonly Tsec: number
  readonly Tmsec: number
  readonly Vlan: number
  readonly ProtoString: string
  readonly SIP: Sip | undefined
}

/** SIP fields; setting one changes what is searched by, never the message. */
interface Sip {
  FromUser: string
  FromHost: string
  FromTag: string
  ToUser: string
  ToHost: string
  ToTag: string
  URIUser: string
  URIHost: string
  CallID: string
  /** What a header of filter.aleg_ids says. */
  XCallID: string
  /** Method of a request, status of an answer. */
  FirstMethod: string
  CseqVal: string
  ContactUser: string
  ContactHost: string
  AuthUser: string
  PaiUser: string
  PaiHost: string
  UserAgent: string
  Server: string
  ViaOne: string
  ContentType: string
  ReasonVal: string
  DiversionVal: string
  Expires: string
  readonly CseqMethod: string
  readonly FirstResp: string
  readonly FirstRespText: string
  readonly ViaOneBranch: string
  readonly ContactVal: string
  readonly PAssertedIdVal: string
  readonly RemotePartyIdVal: string
  readonly AuthVal: string
  readonly ContentLength: string
  readonly MaxForwards: string
  readonly Organization: string
  readonly Privacy: string
  readonly RTPStatVal: string
  readonly Msg: string
  readonly Body: string
}

type HepField = 'ProtoType' | 'SrcIP' | 'SrcPort' | 'DstIP' | 'DstPort' | 'NodeID' | 'CID' | 'SID'
  | 'NodeName' | 'TargetName' | 'Payload'

declare function GetHEPStruct(): Hep
declare function GetSIPStruct(): Sip | undefined
declare function GetHEPProtoType(): number
declare function GetHEPSrcIP(): string
declare function GetHEPSrcPort(): number
declare function GetHEPDstIP(): string
declare function GetHEPDstPort(): number
declare function GetHEPTimeSeconds(): number
declare function GetHEPTimeUseconds(): number
declare function GetHEPNodeID(): number
declare function GetHEPCID(): string
declare function GetSIPCallID(): string
declare function GetRawMessage(): string
declare function SetRawMessage(message: string): void
declare function SetHEPField(field: HepField, value: string | number): void
/** A field by homer7's name (from_user) or the struct's (FromUser); any other name is a custom header. */
declare function SetSIPHeader(header: string, value: string | number): void
declare function SetCustomSIPHeader(headers: Record<string, unknown>): void
/** By its first letter: call, registration, or default. */
declare function SetSIPProfile(profile: string): void
/** Names are allowed in filter.loki_labels. */
declare function SetLokiLabel(name: string, value: string | number): void
/** Nobody keeps the packet; counted as discarded. */
declare function Discard(why?: string): void
/** Kept from packet to packet; get answers '' where there is nothing. */
declare function HashTable(operation: 'get' | 'set' | 'del', key: string, value?: unknown): string
declare function HashString(algorithm: 'md5' | 'sha1' | 'sha256', text: string): string
declare function Logp(level: 'ERROR' | 'INFO' | 'DEBUG', message: string, data?: unknown): void
declare function Print(...values: unknown[]): void
declare const console: { log(...v: unknown[]): void; info(...v: unknown[]): void; error(...v: unknown[]): void }
`
