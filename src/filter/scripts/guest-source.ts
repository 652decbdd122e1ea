// The text that makes a fresh sandbox ready: guest.ts printed, and what calls the scripts.
import { HEP_FIELDS, makeFunctions, makeGuest, SIP_FIELDS } from './guest.ts'

/** Getters of single HEP fields: GetHEPSrcIP and so on. */
const GETTERS: Readonly<Record<string, string>> = {
  ...{ GetHEPSrcIP: 'SrcIP', GetHEPSrcPort: 'SrcPort' },
  ...{ GetHEPDstIP: 'DstIP', GetHEPDstPort: 'DstPort', GetHEPTimeSeconds: 'Tsec' },
  ...{ GetHEPTimeUseconds: 'Tmsec', GetHEPNodeID: 'NodeID', GetHEPCID: 'CID' },
}

/**
 * An expression for the sandbox: a function of the host's functions. It sets the names scripts use and
 * returns `take`, which is told the functions to call, and `run`, which calls them for a packet.
 */
export const GUEST_SOURCE = `((host) => {
  const guest = (${makeGuest})(host)
  const names = (${makeFunctions})(guest, host, ${JSON.stringify(SIP_FIELDS)}, ${JSON.stringify(HEP_FIELDS)})
  for (const [name, field] of Object.entries(${JSON.stringify(GETTERS)})) names[name] = () => guest.hep[field]
  names.GetSIPCallID = () => (guest.sip === undefined ? '' : guest.sip.CallID)
  for (const [name, value] of Object.entries(names)) Object.defineProperty(globalThis, name, { value })
  let calls = []
  return {
    take(name, module) { calls.push(module[name]) },
    run(isSip, type) {
      guest.begin(isSip, type)
      for (const call of calls) call(guest.hep, guest.sip)
      return guest.end()
    },
  }
})`

/** Names of all functions a script finds, for messages and the manual. */
export const FUNCTION_NAMES = [
  ...Object.keys(GETTERS),
  'GetSIPCallID',
  ...Object.keys(namesWithoutHost()),
]

function namesWithoutHost(): Record<string, unknown> {
  const nothing = {} as never
  return makeFunctions(nothing, nothing, {}, [])
}
