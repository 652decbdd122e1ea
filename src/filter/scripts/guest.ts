// What stands ready inside the sandbox: heplify-server's script functions under its names, for JavaScript.
//
// These functions are not run here. They are printed as text into the sandbox, so they may use nothing but
// their arguments and what the language itself brings. What a script reads is asked of the host when it
// is read and not before; what it sets is collected, and handed to the host as one text when all
// scripts are through. So nothing of a failed run is ever seen.

/** What the host answers the sandbox. All of it is text or a number, and nothing leads out of here. */
export interface Host {
  /** HEP fields and SIP fields of the packet at hand, as JSON. */
  hep(): string
  sip(): string
  payload(): string
  /** Of SIP, what stands behind its head. */
  body(): string
  hash(algorithm: string, text: string): string
  table(operation: string, key: string, value: string): string
  log(level: string, text: string): void
}

/** What scripts set, by where it goes. */
export interface Changes {
  readonly hep?: Readonly<Record<string, string>>
  readonly sip?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly said?: { readonly profile?: string; readonly discard?: string }
}

type Text = Record<string, unknown>

interface Guest {
  readonly hep: Text
  readonly sip: Text | undefined
  /** Asked for by nearly every script: without making an object of all fields. */
  type(): unknown
  raw(): unknown
  begin(isSip: boolean, protocolType: number): void
  note(part: string, name: string, value: unknown): void
  end(): string | undefined
}

/** The packet at hand: two objects that read on demand and note what is set. */
export function makeGuest(host: Host): Guest {
  let isSip = false
  let type = 0
  let payload: unknown
  let changes: Record<string, Text> | undefined
  let read: { hep?: Text; sip?: Text } = {}
  const note = (part: string, name: string, value: unknown) => {
    changes ??= {}
    changes[part] ??= {}
    changes[part][name] = String(value)
  }
  const raw = () => {
    payload ??= host.payload()
    return payload
  }
  const lazy: Record<string, () => unknown> = {
    Payload: raw,
    Msg: raw,
    Body: () => host.body(),
  }
  const structOf = (part: 'hep' | 'sip') => {
    const all = () => {
      read[part] ??= JSON.parse(part === 'hep' ? host.hep() : host.sip()) as Text
      return read[part]
    }
    const fieldOf = (name: string) => {
      const fields = all()
      if (lazy[name] && fields[name] === null) fields[name] = lazy[name]()
      return name === 'SIP' ? guest.sip : fields[name]
    }
    return new Proxy({} as Text, {
      get: (_, name) => fieldOf(String(name)),
      has: (_, name) => name in all(),
      ownKeys: () => Object.keys(all()),
      getOwnPropertyDescriptor: (_, name) => ({
        ...{ value: fieldOf(String(name)), writable: true, enumerable: true, configurable: true },
      }),
      set: (_, name, value) => {
        if (!(name in all())) throw new Error(`there is no field '${String(name)}' to set`)
        all()[String(name)] = typeof all()[String(name)] === 'number' ? Number(value) : value
        note(part, String(name), value)
        return true
      },
    })
  }
  const structs = { hep: structOf('hep'), sip: structOf('sip') }
  const guest: Guest = {
    hep: structs.hep,
    get sip() {
      return isSip ? structs.sip : undefined
    },
    type: () => (read.hep === undefined ? type : read.hep.ProtoType),
    raw: () => (read.hep?.Payload == null ? raw() : read.hep.Payload),
    begin(isSipNow, typeNow) {
      isSip = isSipNow
      type = typeNow
      payload = undefined
      changes = undefined
      read = {}
    },
    note,
    end: () => (changes === undefined ? undefined : JSON.stringify(changes)),
  }
  return guest
}

/** SetSIPHeader's two sets of names as one; any other name is a custom header. */
export const SIP_FIELDS: Readonly<Record<string, string>> = {
  ...{ from_user: 'FromUser', from_domain: 'FromHost', from_tag: 'FromTag' },
  ...{ to_user: 'ToUser', to_domain: 'ToHost', to_tag: 'ToTag' },
  ...{ ruri_user: 'URIUser', ruri_domain: 'URIHost', callid: 'CallID', method: 'Method' },
  ...{ contact_user: 'ContactUser', contact_domain: 'ContactHost', auth_user: 'AuthUser' },
  ...{ user_agent: 'UserAgent', server: 'Server', pid_user: 'PaiUser', pid_domain: 'PaiHost' },
  ...{ via: 'ViaOne', callid_aleg: 'XCallID', cseq: 'CseqVal', content_type: 'ContentType' },
  ...{ reason: 'ReasonVal', diversion: 'DiversionVal', expires: 'Expires' },
}

/** SetHEPField's names. */
export const HEP_FIELDS = [
  ...['ProtoType', 'SrcIP', 'SrcPort', 'DstIP', 'DstPort', 'NodeID', 'CID', 'SID'],
  ...['NodeName', 'TargetName', 'Payload'],
] as const

/** The functions every script finds, as heplify-server names them. */
export function makeFunctions(
  guest: Guest,
  host: Host,
  sipFields: Readonly<Record<string, string>>,
  hepFields: readonly string[],
): Text {
  const known = new Set([...Object.values(sipFields)])
  const show = (value: unknown): string =>
    typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
  const needsSip = (name: string): boolean => {
    if (guest.sip === undefined) host.log('ERROR', `${name}: this packet is not SIP`)
    return guest.sip !== undefined
  }
  const setHeader = (header: string, value: unknown): void => {
    const field = sipFields[header] ?? header
    if (!known.has(field)) guest.note('headers', header, value)
    else guest.sip![field === 'Method' ? 'FirstMethod' : field] = value
  }
  const print = (...values: unknown[]) => host.log('INFO', values.map(show).join(' '))
  return {
    GetHEPStruct: () => guest.hep,
    GetSIPStruct: () => guest.sip,
    GetHEPProtoType: () => guest.type(),
    GetRawMessage: () => guest.raw(),
    SetRawMessage: (value: unknown) => {
      guest.hep.Payload = String(value)
    },
    SetHEPField: (field: string, value: unknown) => {
      if (!hepFields.includes(field))
        throw new Error(`SetHEPField: no field '${field}'; there are ${hepFields.join(', ')}`)
      guest.hep[field] = value
    },
    SetSIPHeader: (header: string, value: unknown) => {
      if (needsSip('SetSIPHeader')) setHeader(header, value)
    },
    SetCustomSIPHeader: (headers: Text) => {
      if (!needsSip('SetCustomSIPHeader')) return
      for (const [name, value] of Object.entries(headers)) guest.note('headers', name, value)
    },
    SetSIPProfile: (profile: unknown) => {
      if (needsSip('SetSIPProfile')) guest.note('said', 'profile', profile)
    },
    SetLokiLabel: (key: string, value: unknown) => guest.note('labels', key, value),
    Discard: (why: unknown = '') => guest.note('said', 'discard', why),
    HashTable: (operation: string, key: unknown, value: unknown = '') =>
      host.table(operation, String(key), String(value)),
    HashString: (algorithm: string, text: unknown) => host.hash(algorithm, String(text)),
    Logp: (level: string, message: unknown, data: unknown = '') =>
      host.log(level, `${show(message)}: ${show(data)}`),
    Print: print,
    console: {
      log: print,
      info: print,
      error: (...v: unknown[]) => host.log('ERROR', v.map(show).join(' ')),
    },
  }
}
