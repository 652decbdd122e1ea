// Compact header names, RFC 3261 §20 and the IANA registry of SIP parameters.

const COMPACT_NAMES: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  n: 'Identity-Info',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
}

/** 'Via' for 'v' or 'V'; any longer name as it is. */
export function fullNameOf(name: string): string {
  return name.length === 1 ? (COMPACT_NAMES[name.toLowerCase()] ?? name) : name
}

/** 'v' for 'via'; undefined for headers without a compact form. */
export function compactNameOf(lowerName: string): string | undefined {
  return Object.keys(COMPACT_NAMES).find(
    (letter) => COMPACT_NAMES[letter]?.toLowerCase() === lowerName,
  )
}
