// Why one of the two may lack a message: what is known of heplify-server (it loses rows by design in some
// cases) and what can be seen from the message. A guess where nothing says more, and it says so.
import { PROTOCOL } from '#hep'
import type { Sighting } from './sighting.ts'

/** Who recorded it. */
export type Side = 'homer' | 'calliope'

const SIP_BYTES_MIN = 33

/** A sentence, the same for all messages of its kind, so that they can be counted by it. */
export function causeOfMissing(lacking: Side, seen: Sighting): string {
  if (lacking === 'calliope') return 'it never came here, or a filter took it: see its ledger'
  const { hepType, payloadBytes, correlationId, isSound, clockClamped, node } = seen
  if (hepType === PROTOCOL.dns) return 'it has no table for DNS (type 53)'
  if (hepType !== PROTOCOL.sip && hepType !== PROTOCOL.isup && correlationId === '')
    return 'it keeps nothing without a correlation id'
  if (clockClamped) return 'the clock of the agent is wrong, and it has no partition for that time'
  if (hepType === PROTOCOL.sip && payloadBytes < SIP_BYTES_MIN)
    return 'it keeps no SIP of less than 33 bytes'
  if (/["\\]/.test(node)) return 'the name of the agent breaks its JSON, and with it the batch'
  if (!isSound) return 'it keeps nothing that it cannot read as SIP'
  return 'it was dropped with its batch or queue, refused by its parser, or never came there'
}
