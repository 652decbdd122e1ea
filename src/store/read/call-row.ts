// A merged call as the row people see.
import type { CallRow } from '#contract'
import { durationMsOf, finalStatusOf, outcomeOf, setupMsOf } from '#sip'
import { type MergedCall, protocolOf } from './merged-call.ts'
import { timeText } from './time-text.ts'

export function callRowOf(call: MergedCall): CallRow {
  const { state } = call
  return {
    callId: call.callId,
    startedAt: timeText(state.firstUs),
    endedAt: timeText(state.lastUs),
    from: partyText(state.fromUser, state.fromDomain),
    to: partyText(state.toUser, state.toDomain),
    method: state.method,
    status: statusOf(call) ?? null,
    outcome: outcomeOf(state),
    setupMs: setupMsOf(state) ?? null,
    durationMs: durationMsOf(state) ?? null,
    mos: call.mos === undefined ? null : call.mos / 100,
    messageCount: state.messageCount,
    userAgent: state.userAgent,
    srcIp: state.srcIp,
    dstIp: state.dstIp,
    protocol: protocolOf(call),
    ...(call.isWhole ? {} : { partial: true }),
  }
}

/** The status that decided, else the highest provisional one: 183 is further than 100. */
export function statusOf({ state, statuses }: MergedCall): number | undefined {
  const decided = finalStatusOf(state)
  if (decided !== undefined) return decided
  const provisional = [...statuses].filter((status) => status < 200)
  return provisional.length > 0 ? Math.max(...provisional) : undefined
}

/** The user, which is what people search for; of a party without one, its domain. */
export function partyText(user: string, domain: string): string {
  return user || domain
}
