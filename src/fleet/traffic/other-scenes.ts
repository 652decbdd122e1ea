// Traffic that is no call: registrations with their challenge, and the OPTIONS pings that make up
// most messages on many platforms.
import { at } from './cast.ts'
import type { Dialog, Message } from './dialog.ts'
import type { Script } from './script.ts'

/** REGISTER, 401, REGISTER with credentials, 200. */
export function playRegistered(script: Script, dialog: Dialog): void {
  const { random } = script
  const nonce = random.hex(32)
  const challenge = `WWW-Authenticate: Digest realm="voice", nonce="${nonce}", algorithm=MD5, qop="auth"`
  const first = script.send(dialog.request('REGISTER', { headers: ['Expires: 120'] }))
  script.wait(2, 30)
  script.send(dialog.respond(first, 401, 'Unauthorized', { headers: [challenge] }))
  script.wait(5, 80)
  const second = script.send(
    dialog.request('REGISTER', { headers: ['Expires: 120', credentials(script, first, nonce)] }),
  )
  script.wait(2, 30)
  const { user, contact } = second.from
  const bound = `Contact: <sip:${user}@${at(contact)}>;expires=120`
  script.send(dialog.respond(second, 200, 'OK', { headers: [bound] }))
}

function credentials({ random }: Script, { from }: Message, nonce: string): string {
  const fields = [
    `username="${from.user}"`,
    `realm="voice"`,
    `nonce="${nonce}"`,
    `uri="sip:${from.domain}"`,
    `response="${random.hex(32)}"`,
    `cnonce="${random.hex(8)}"`,
    'nc=00000001',
    'qop=auth',
    'algorithm=MD5',
  ]
  return `Authorization: Digest ${fields.join(', ')}`
}

/** OPTIONS, 200; now and then nobody answers the first one. */
export function playPinged(script: Script, dialog: Dialog): void {
  const ping = script.send(dialog.request('OPTIONS'))
  if (script.random.chance(0.03)) {
    script.wait(500, 500)
    script.send(ping)
  }
  script.wait(1, 40)
  script.send(dialog.respond(ping, 200, 'OK', { headers: ['Accept: application/sdp'] }))
}
