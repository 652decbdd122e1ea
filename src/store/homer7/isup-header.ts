// data_header of an ISUP row, read from the JSON that agents send as its payload. Its call is named by the
// circuit: the smaller point code, the larger one, the circuit's number.
//
//   {"opc":7,"dpc":3,"cic":12,"msg_name":"IAM", …}   ─▶   sid 3:7:12

export interface IsupHeader {
  readonly sid: string
  readonly text: string
}

/** Reads it; what is missing, or not JSON at all, is 0 and ''. */
export function isupHeader(payload: string): IsupHeader {
  const isup = parse(payload)
  const cic = numberIn(isup.cic)
  const dpc = numberIn(isup.dpc)
  const opc = numberIn(isup.opc)
  const sid = `${Math.min(opc, dpc)}:${Math.max(opc, dpc)}:${cic}`
  const header = {
    ...{ cic, dpc, opc, msg_name: textIn(isup.msg_name) },
    called_number: textIn(memberOf(isup.called_number)),
    calling_number: textIn(memberOf(isup.calling_number)),
    callid: sid,
  }
  return { sid, text: JSON.stringify(header) }
}

function parse(payload: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(payload)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const memberOf = (party: unknown): unknown =>
  typeof party === 'object' && party !== null ? (party as { num?: unknown }).num : undefined

const numberIn = (value: unknown): number => (Number.isSafeInteger(value) ? Number(value) : 0)

const CHARS_MAX = 256

const textIn = (value: unknown): string =>
  typeof value === 'string' ? value.slice(0, CHARS_MAX).replaceAll('\0', '').toWellFormed() : ''
