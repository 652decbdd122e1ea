// Deals messages out to calls: what one batch holds of one call becomes one row. Keyed by protocol and
// Call-ID; other protocols by the agent's correlation id (RTCP of a call usually carries its
// Call-ID there); what has neither shares the key ''.
import { cutCallId, type TracedMessage } from '#sip'

/** A row holds no more than this, however many messages a call sends at once. */
const GROUP_MESSAGES_MAX = 2_000
const GROUP_BYTES_MAX = 1024 * 1024

export interface CallGroup {
  readonly protocol: number
  readonly callId: string
  readonly messages: TracedMessage[]
  bytes: number
}

export class CallGroups {
  readonly #groups: CallGroup[] = []
  readonly #open = new Map<number, Map<string, CallGroup>>()

  add(message: TracedMessage): void {
    const { protocolType, sip, correlationId } = message
    const group = this.#groupOf(protocolType, sip?.callId ?? cutCallId(correlationId))
    group.messages.push(message)
    group.bytes += message.payload.length
    if (group.messages.length >= GROUP_MESSAGES_MAX || group.bytes >= GROUP_BYTES_MAX) {
      this.#open.get(protocolType)?.delete(group.callId)
    }
  }

  /** In the order their first messages came. */
  get all(): readonly CallGroup[] {
    return this.#groups
  }

  #groupOf(protocol: number, callId: string): CallGroup {
    let calls = this.#open.get(protocol)
    if (calls === undefined) {
      calls = new Map()
      this.#open.set(protocol, calls)
    }
    let group = calls.get(callId)
    if (group === undefined) {
      group = { protocol, callId, messages: [], bytes: 0 }
      calls.set(callId, group)
      this.#groups.push(group)
    }
    return group
  }
}
