// What heplify-server 1.60.3 does to packets that the homer7 layout of Calliope does not: each found in
// its source, or by laying the rows of both beside each other, and held by a vector. A difference that
// has none of these names, or reaches further than its name, is a fault of ours.

interface FaultText {
  readonly why: string
  /** The columns and keys that may differ; without them heplify-server has no row at all. */
  readonly differs?: readonly string[]
}

const domains = (...parties: readonly string[]) => parties.map((who) => `data_header.${who}_domain`)
const party = (who: string) => ['user', 'domain', 'tag'].map((part) => `data_header.${who}_${part}`)

export const FAULTS = {
  'SIP refused': { why: 'its parser refuses the message, and the packet is lost' },
  'up to 32 bytes': { why: 'a payload of type 1 of up to 32 bytes is no SIP to it, and lost' },
  'value too long for an index': {
    why: 'a value of more than 2,704 bytes in an index fails the batch',
  },
  'no partition': {
    why: 'a time without a partition fails the batch, and with it up to DBBulk rows',
  },
  'no correlation id': {
    why: 'packets other than SIP and ISUP without a correlation id are lost',
  },
  'forced payload is no JSON': {
    why: 'ForceHEPPayload puts any payload where JSON belongs, which fails the batch',
  },
  'no table for DNS': { why: 'hep_proto_53_default is written to and never created' },
  'HEP 2 misread': { why: 'its time is read in the wrong byte order, its id into another field' },
  'compressed payload': { why: 'chunk 16 is not read, so the packet has no payload and is lost' },
  'node name not escaped': {
    why: 'a quote in chunk 14 or 19 makes bad JSON, which fails the batch',
  },
  'ISUP not escaped': { why: 'a quote in a field of ISUP makes bad JSON, which fails the batch' },
  'HEP 1 as family': {
    why: 'the version of HEP stands where the family of addresses belongs',
    differs: ['protocol_header.protocolFamily'],
  },
  'password kept': {
    why: 'the password of the agents (chunk 14) stands in every row as capturePass',
    differs: ['protocol_header.capturePass'],
  },
  "a vendor's chunk taken for a generic one": {
    why: 'chunks are told apart by type alone',
    differs: ['protocol_header.correlation_id'],
  },
  'address in brackets cut': {
    why: 'the host of sip:a@[2001:db8::1] ends at the first colon',
    differs: domains('ruri', 'from', 'to', 'contact'),
  },
  'host of a tel URI': {
    why: 'a tel URI has its number for a domain',
    differs: domains('ruri', 'from', 'to'),
  },
  'password of a URI kept': {
    why: 'the user of sip:ann:secret@host is written with its password',
    differs: ['data_header.from_user'],
  },
  'bracket in a name taken for the URI': {
    why: 'the first < of a header begins the URI, in quotes too',
    differs: party('from'),
  },
  'folded lines dropped': {
    why: 'only the first line of a folded header counts',
    differs: ['data_header.from_tag', 'data_header.user_agent'],
  },
  'spelling of header names': {
    why: 'a header in a spelling that is not on its list is not seen',
    differs: [...party('from'), 'data_header.user_agent'],
  },
  'Contact without brackets': {
    why: 'the name of the header becomes part of the user',
    differs: ['data_header.contact_user', 'data_header.contact_domain'],
  },
  'two-letter headers are To': {
    why: 'any header with a name of two letters is taken for To',
    differs: party('to'),
  },
} as const satisfies Readonly<Record<string, FaultText>>

/** The name of a fault of heplify-server. */
export type Fault = keyof typeof FAULTS

/** The columns and keys a fault may change; undefined when it loses the row. */
export function differsBy(fault: Fault): readonly string[] | undefined {
  const text: FaultText = FAULTS[fault]
  return text.differs
}
