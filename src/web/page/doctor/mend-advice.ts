// How to mend what a quarantined frame suffers from, by reason. The detail beside it says what was
// expected at the marked byte and what stands there.
import type { RejectReason } from '#ledger'

export const MEND: Readonly<Record<RejectReason, string>> = {
  not_hep:
    'Find out what sends to this port: look at the sender and at the first bytes as text. Point it elsewhere, or switch its HEP on (Kamailio: hep_mode_on 1).',
  truncated:
    'The rest was lost on the way: a datagram larger than the path takes, or an agent with a fixed buffer. Send by TCP, or make messages smaller.',
  length_mismatch:
    'The length field at byte 4 and what came disagree. Two frames in one datagram, padding, or a faulty sender: update the agent.',
  bad_chunk:
    'The chunk at the marked byte breaks the format: a wrong length or a size its type never has. Update the agent; until then leave out the option that makes it send this chunk.',
  bad_compression:
    'The compressed part does not inflate, or inflates to more than a frame may hold. Switch compression off (heplify: without -zf).',
  oversized:
    'No HEP frame is this large. The sender does not speak HEP, or lost its place in the stream.',
  no_payload: 'There is nothing to store: most often a keep-alive. Switch it off, or leave it be.',
  auth_missing:
    'Keys are asked for (intake.keys) and the frame has none. Give the agent its key (Kamailio: auth_key, heplify: -hp, Asterisk: capture_password). HEP 1 and 2 cannot carry one.',
  auth_wrong:
    'The key is none of those this sender may use. Compare it with intake.keys; after a change of keys keep the old one valid until every agent has the new one.',
  address_denied:
    'The sender is not on intake.allow. If it should be, add its address or network, restart, and try the frame again.',
  discarded: 'A rule (store.discard_methods) or a script says not to keep this message.',
  duplicate: 'The same payload came a moment before, and filter.dedup says to keep one.',
}

/** Whether trying again may ever help without another frame from the agent. */
export const mayPass = (reason: RejectReason): boolean => reason !== 'auth_wrong'
