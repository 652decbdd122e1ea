// ISUP, HEP type 54: what the telephone network said on the circuit of a call, as JSON of an agent that decoded
// it. Its circuit, in the form heplify-server files it by, goes on from call to call: it names a line, not a call.
//
//   {"cic":3324,"dpc":5236,"opc":7414,"msg_name":"IAM","called_number":{"num":"9495368"},
//    "calling_number":{"num":"9182789"},"cause":{"cause":16}}
import type { IsupReport } from './report.ts'
import { type Json, numberOf, objectOf, readObject, textOf, within } from './report-json.ts'

/** Reads such a message; undefined when the payload is none. */
export function readIsupReport(payload: Buffer): IsupReport | undefined {
  const json = readObject(payload)
  if (json === undefined || !('cic' in json || 'msg_name' in json || 'opc' in json))
    return undefined
  const [cic, opc, dpc] = [numberOf(json.cic), numberOf(json.opc), numberOf(json.dpc)]
  return {
    kind: 'isup',
    name: textOf(json.msg_name),
    ...{ cic, opc, dpc },
    calling: digitsOf(json.calling_number),
    called: digitsOf(json.called_number),
    cause: causeOf(json),
    circuit: circuitOf(cic, opc, dpc),
  }
}

const digitsOf = (number: unknown): string => textOf(objectOf(number)?.num ?? number)

function circuitOf(
  cic: number | undefined,
  opc: number | undefined,
  dpc: number | undefined,
): string {
  if (cic === undefined || opc === undefined || dpc === undefined) return ''
  return `${Math.min(opc, dpc)}:${Math.max(opc, dpc)}:${cic}`
}

/** Decoders do not agree on the name. */
function causeOf(json: Json): number | undefined {
  const said = json.cause ?? json.cause_indicators ?? json.cause_indicator
  const inner = objectOf(said)
  return within(inner?.cause ?? inner?.value ?? inner?.num ?? said, 0, 127)
}
