// Calls and how they go. Each function plays one call into a script; the messages are those one
// agent sees at one place, between a phone and its server.
import { PROTOCOL } from '#hep'
import type { Dialog, Message } from './dialog.ts'
import type { Script } from './script.ts'
import { logText, mediaPort, rtcpText, sdpText } from './session-text.ts'

/** How long people talk. */
export type TalkTime = 'short' | 'long'

/** INVITE, 100, 180, 200, ACK, BYE, 200: the seven messages of a plain call. */
export function playAnswered(script: Script, dialog: Dialog, talk: TalkTime = 'short'): void {
  const invite = playRinging(script, dialog)
  script.wait(1_000, 9_000)
  playAnswer(script, dialog, invite)
  if (talk === 'long') script.wait(120_000, 900_000)
  else script.wait(3_000, 60_000)
  playHangUp(script, dialog)
}

function playInvite(script: Script, dialog: Dialog): Message {
  const body = sdpText(script.random, dialog.caller, 'offer')
  const invite = script.send(dialog.request('INVITE', { body }))
  script.wait(1, 8)
  script.send(dialog.respond(invite, 100, 'Trying'))
  return invite
}

function playRinging(script: Script, dialog: Dialog): Message {
  const invite = playInvite(script, dialog)
  script.wait(300, 2_500)
  script.send(dialog.respond(invite, 180, 'Ringing'))
  return invite
}

function playAnswer(script: Script, dialog: Dialog, invite: Message): void {
  const body = sdpText(script.random, invite.to, 'answer')
  script.send(dialog.respond(invite, 200, 'OK', { body }))
  script.wait(5, 60)
  script.send(dialog.request('ACK', { cseq: invite.cseq }))
}

function playHangUp(script: Script, dialog: Dialog, fromCaller = script.random.chance(0.5)): void {
  const bye = script.send(dialog.request('BYE', { fromCaller }))
  script.wait(3, 50)
  script.send(dialog.respond(bye, 200, 'OK'))
}

const FAILURES = [
  [404, 'Not Found'],
  [486, 'Busy Here'],
  [503, 'Service Unavailable'],
  [603, 'Decline'],
] as const

/** The callee or somebody on the way says no. */
export function playFailed(script: Script, dialog: Dialog): void {
  const [status, reason] = script.random.pick(FAILURES)
  const rings = status === 486 || status === 603
  const invite = rings ? playRinging(script, dialog) : playInvite(script, dialog)
  script.wait(30, 4_000)
  playRefusal(script, dialog, invite, status, reason)
}

function playRefusal(
  s: Script,
  dialog: Dialog,
  invite: Message,
  status: number,
  why: string,
): void {
  const headers = status === 503 ? ['Retry-After: 30', 'Reason: Q.850;cause=38'] : []
  s.send(dialog.respond(invite, status, why, { headers }))
  s.wait(3, 40)
  // The ACK to a refusal belongs to the INVITE's transaction: same branch (RFC 3261 §17.1.1.3).
  s.send(dialog.request('ACK', { cseq: invite.cseq, branch: invite.branch }))
}

/** The caller gives up while it rings: CANCEL, its 200, 487, ACK. */
export function playCancelled(script: Script, dialog: Dialog): void {
  const invite = playRinging(script, dialog)
  script.wait(2_000, 20_000)
  const options = { cseq: invite.cseq, branch: invite.branch }
  const cancel = script.send(dialog.request('CANCEL', options))
  script.wait(2, 20)
  script.send(dialog.respond(cancel, 200, 'canceling'))
  script.wait(2, 20)
  playRefusal(script, dialog, invite, 487, 'Request Terminated')
}

/** Nobody picks up. */
export function playUnanswered(script: Script, dialog: Dialog): void {
  const invite = playRinging(script, dialog)
  script.wait(25_000, 60_000)
  const gone = script.random.chance(0.5)
  playRefusal(
    script,
    dialog,
    invite,
    gone ? 480 : 408,
    gone ? 'Temporarily Unavailable' : 'Request Timeout',
  )
}

/** The INVITE and the 200 are sent again because what should answer them is lost. */
export function playRetransmitted(script: Script, dialog: Dialog): void {
  const { random } = script
  const invite = dialog.request('INVITE', { body: sdpText(random, dialog.caller, 'offer') })
  for (const waitMs of [500, 1_000]) {
    script.send(invite)
    script.wait(waitMs, waitMs)
  }
  script.send(invite)
  script.wait(1, 8)
  script.send(dialog.respond(invite, 100, 'Trying'))
  script.wait(800, 3_000)
  const ok = dialog.respond(invite, 200, 'OK', { body: sdpText(random, invite.to, 'answer') })
  script.send(ok)
  script.wait(500, 500)
  script.send(ok)
  script.wait(5, 60)
  script.send(dialog.request('ACK', { cseq: invite.cseq }))
  script.wait(3_000, 30_000)
  playHangUp(script, dialog)
}

/** A call through a B2BUA: two dialogs, the second begun and answered inside the first. */
export function playBridged(script: Script, inner: Dialog, outer: Dialog): void {
  const invite = playInvite(script, inner)
  script.wait(5, 40)
  const onward = playRinging(script, outer)
  script.wait(1, 10)
  script.send(inner.respond(invite, 180, 'Ringing'))
  script.wait(1_000, 9_000)
  playAnswer(script, outer, onward)
  script.wait(1, 10)
  playAnswer(script, inner, invite)
  script.wait(3_000, 60_000)
  playHangUp(script, inner, true)
  script.wait(1, 10)
  playHangUp(script, outer, true)
}

/** An answered call whose media relay reports, and whose proxy writes a log line. */
export function playReported(script: Script, dialog: Dialog): void {
  const { random } = script
  const { callId, caller, callee } = dialog
  const invite = playRinging(script, dialog)
  const log = { text: logText(random, callId), protocolType: PROTOCOL.log }
  script.note({ callId, src: callee, dst: callee, ...log })
  script.wait(1_000, 9_000)
  playAnswer(script, dialog, invite)
  const src = { ip: caller.ip, port: mediaPort(random) + 1 } // RTCP has the odd port
  const dst = { ip: callee.ip, port: mediaPort(random) + 1 }
  const report = { callId, protocolType: PROTOCOL.rtcp }
  for (let seconds = 5; seconds <= 15; seconds += 5) {
    script.wait(5_000, 5_000)
    script.note({ ...report, src, dst, text: rtcpText(random, seconds) })
    script.note({ ...report, src: dst, dst: src, text: rtcpText(random, seconds) })
  }
  playHangUp(script, dialog)
}
