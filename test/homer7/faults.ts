// What heplify-server 1.60.3 does to packets that the homer7 layout of Calliope does not: each found in
// its source, or by laying the rows of both beside each other, and held by a vector. A difference with
// none of these names is a fault of ours.

export const FAULTS = {
  'SIP refused': 'its parser refuses the message, and the packet is lost',
  'up to 32 bytes': 'a payload of up to 32 bytes of type 1 is no SIP to it, and lost',
  'value too long for an index': 'a value of more than 2,704 bytes in an index fails the batch',
  'no partition': 'a time without a partition fails the batch, and with it up to DBBulk rows',
  'no correlation id': 'packets other than SIP and ISUP without a correlation id are lost',
  'no table for DNS': 'hep_proto_53_default is written to and never created',
  'HEP 1 and 2':
    'its HEP 2 reads the time in the wrong byte order; the version stands as the family',
  'compressed payload': 'chunk 16 is not read, so the packet has no payload and is lost',
  'node name not escaped': 'a quote in chunk 14 or 19 makes bad JSON, which fails the batch',
  'ISUP not escaped': 'a quote in a field of ISUP makes bad JSON, which fails the batch',
  "a vendor's chunk taken for a generic one": 'chunks are told apart by type alone',
  'address in brackets cut': 'the host of sip:a@[2001:db8::1] ends at the first colon',
  'bracket in a name taken for the URI': 'the first < of a header begins the URI, in quotes too',
  'folded lines dropped': 'only the first line of a folded header counts',
  'spelling of header names': 'a header in a spelling that is not on its list is not seen',
  'host of a tel URI': 'a tel URI has its number for a domain',
  'password kept': "the agents' password (chunk 14) stands in every row as capturePass",
  'Contact without brackets': 'the name of the header becomes part of the user',
  'two-letter headers are To': 'any header with a name of two letters is taken for To',
} as const

/** The name of a fault of heplify-server. */
export type Fault = keyof typeof FAULTS
