// Which headers a homer7 row is made of, by every name they go by.

export const FROM = 0
export const TO = 1
export const CALL_ID = 2
export const CSEQ = 3
export const ASSERTED = 4
export const CONTACT = 5
export const AGENT = 6
export const SERVER = 7
export const VIA = 8
export const AUTHORIZATION = 9
export const CONTENT_TYPE = 10
export const REASON = 11
export const DIVERSION = 12
export const EXPIRES = 13
/** Custom headers have the slots from here on. */
export const CUSTOM = 14

const SLOTS: Readonly<Record<string, number>> = {
  ...{ from: FROM, f: FROM, to: TO, t: TO, 'call-id': CALL_ID, i: CALL_ID, cseq: CSEQ },
  ...{ contact: CONTACT, m: CONTACT, via: VIA, v: VIA, 'user-agent': AGENT, server: SERVER },
  ...{ 'p-asserted-identity': ASSERTED, 'content-type': CONTENT_TYPE, c: CONTENT_TYPE },
  ...{ authorization: AUTHORIZATION, 'proxy-authorization': AUTHORIZATION },
  ...{ reason: REASON, diversion: DIVERSION, expires: EXPIRES },
}

/** Lower-case names with their slots; a custom header may be one of those every row has. */
export function fullNames(
  customHeaders: readonly string[],
): readonly (readonly [string, number])[] {
  const custom = customHeaders.map((name, i) => [name.toLowerCase(), CUSTOM + i] as const)
  return [...Object.entries(SLOTS), ...custom.filter(([name]) => slotOfName(name) === undefined)]
}

/** The slot of a header that every row is made of. */
export const slotOfName = (name: string): number | undefined => SLOTS[name.toLowerCase()]
