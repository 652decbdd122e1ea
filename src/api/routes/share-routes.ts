// Share links: one call for somebody without a login, until a time, with numbers and bodies taken out
// where wanted. What is shown is fixed when the link is made, after masking: a link never reaches any
// other call, nor more of this one than its maker saw.
//
//   POST /shares ─▶ read the call as the link may see it ─▶ snapshot + hash of a random token
//   GET /shared/TOKEN ─▶ hash ─▶ snapshot, or 404, or 410 when it is over
//
// The token is 256 random bits and only its hash is stored. Opening is open to everybody and therefore
// limited per address (share-rate.ts).
import { createHash, randomBytes } from 'node:crypto'
import type { CallDetail, SharedCall, ShareRedaction } from '#contract'
import type { Identity } from '../auth/identity.ts'
import { ApiError } from '../errors.ts'
import { badBody, readBody } from '../http/body.ts'
import { segment } from '../http/params.ts'
import { json, type Reply } from '../http/reply.ts'
import { type RequestContext, type Route, route } from '../http/route.ts'
import type { Masking } from '../masking/masking.ts'
import { newShare } from '../schemas/call-schemas.ts'
import { CALL_ID_CHARS_MAX, findCall } from './find-call.ts'
import { rateOf } from './share-rate.ts'
import { withoutLegs } from './without-legs.ts'

const DAYS_MAX = 90
const MESSAGES_MAX = 5000
/** As JSON; a call larger than this is for a PCAP, not for a link. */
const SNAPSHOT_CHARS_MAX = 16 * 1024 * 1024
/** Never in a link, whatever is taken out besides: they let others in. */
const SECRET_HEADERS = ['authorization', 'proxy-authorization']

const id = segment('the id of a share link', 64)
const token = segment('the token of a share link', 128)

/** Making, listing, ending and opening share links. */
export const SHARE_ROUTES: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/shares',
    summary: 'Makes a link that shows one call without a login.',
    access: 'token',
    role: 'engineer',
    scope: 'export',
    params: {},
    body: 'NewShare',
    answer: { kind: 'json', schema: 'MadeShare' },
    errors: ['call_not_found'],
    handle: (_, context) => makeShare(context),
  }),
  route({
    method: 'GET',
    path: '/api/v1/shares',
    summary: 'Share links, newest first: your own, or everybody’s for an admin.',
    access: 'token',
    role: 'engineer',
    params: {},
    answer: { kind: 'json', schema: 'Shares' },
    errors: [],
    handle: async (_, { store, who }) => json({ shares: await store.shares.list(ownerOf(who)) }),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/shares/{id}',
    summary: 'Revokes a share link.',
    access: 'token',
    role: 'engineer',
    scope: 'export',
    params: { id },
    answer: { kind: 'json', schema: 'Share' },
    errors: ['share_not_found'],
    handle: async ({ id }, { store, who, audit }) => {
      const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
      const share = isId ? await store.shares.revoke(id, ownerOf(who)) : undefined
      if (share) {
        await audit('unshare', share.callId, { id })
        return json(share)
      }
      throw shareNotFound('There is no share link with this id, or it is not yours.')
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/shared/{token}',
    summary: 'The call a share link shows.',
    access: 'open',
    params: { token },
    answer: { kind: 'json', schema: 'SharedCall' },
    errors: ['share_not_found', 'share_over', 'too_many_attempts'],
    handle: ({ token }, context) => openShare(token, context),
  }),
]

async function makeShare(context: RequestContext): Promise<Reply> {
  const { callId, expiresAt, redact, without = [] } = await readBody(context, newShare)
  refuseTime(expiresAt)
  const which = { callId: checkedId(callId), correlate: true, with: [], without: [] }
  const viewer: Identity = {
    ...{ name: 'share', kind: 'share', role: 'viewer', scopes: ['read'] },
    masking: stricter(context.who.masking, redact),
  }
  const own = await findCall(which, MESSAGES_MAX, context)
  const store = context.storeAs(viewer)
  const whole = await findCall(which, MESSAGES_MAX, { store, signal: context.signal })
  const snapshot = JSON.stringify(withoutLegs(whole, sameLegs(own, whole, without)))
  if (snapshot.length > SNAPSHOT_CHARS_MAX)
    throw badBody('The call is larger than 16 MiB.', { callId: 'too large to share: send a PCAP' })
  const secret = randomBytes(32).toString('base64url')
  const share = await context.store.shares.create({
    ...{ id: crypto.randomUUID(), callId, expiresAt, redact, snapshot },
    ...{ createdBy: context.who.name, tokenHash: hashOf(secret) },
  })
  await context.audit('share', callId, { id: share.id, expiresAt, ...redact })
  return json({ share, token: secret, path: `/share/${secret}` })
}

/** Call-IDs of legs to leave out, as the link shows them: masking may have changed their digits. */
function sameLegs(own: CallDetail, shown: CallDetail, without: readonly string[]): string[] {
  if (own.legs.length !== shown.legs.length)
    throw badBody('The call grew while it was shared.', { callId: 'send it again' })
  return own.legs.flatMap(({ callId }, i) =>
    without.includes(callId) ? [shown.legs[i]!.callId] : [],
  )
}

async function openShare(token: string, context: RequestContext): Promise<Reply> {
  const { options, peer } = context
  const rate = rateOf(options)
  rate.refuseIfTooMany(peer.ip)
  // Not through context.store: nobody may see nothing, and this is the one thing the token opens.
  const opened = await options.store.shares.open(hashOf(token))
  if (opened?.snapshot === undefined) rate.noteWrong(peer.ip)
  if (opened === undefined)
    throw shareNotFound('There is no share link with this token: it may have been cut when copied.')
  const { share, snapshot } = opened
  if (snapshot === undefined)
    throw new ApiError(
      'share_over',
      share.revokedAt === null
        ? `This link expired at ${share.expiresAt}.`
        : 'This link was revoked.',
      'Ask whoever sent it for a new one.',
    )
  const { expiresAt, redact } = share
  await context.audit('open share', share.callId, { id: share.id })
  const answer: SharedCall = { call: JSON.parse(snapshot) as CallDetail, expiresAt, redact }
  return json(answer)
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** An admin sees and ends everybody's links, anybody else their own. */
const ownerOf = ({ role, name }: Identity): string | undefined =>
  role === 'admin' ? undefined : name

/** What the maker may not see, and what is to be taken out besides. */
function stricter(own: Masking | undefined, redact: ShareRedaction): Masking {
  return {
    numbers: redact.numbers ? { keepFirst: 0, keepLast: 2 } : (own?.numbers ?? null),
    bodies: redact.bodies ? 'blank' : (own?.bodies ?? 'show'),
    headers: [...new Set([...(own?.headers ?? []), ...SECRET_HEADERS])],
  }
}

function checkedId(callId: string): string {
  if (callId.length <= CALL_ID_CHARS_MAX && !callId.includes('\0')) return callId
  throw badBody('callId is no Call-ID.', { callId: 'at most 8192 characters, none of them NUL' })
}

function refuseTime(expiresAt: string): void {
  const inMs = Date.parse(expiresAt) - Date.now()
  if (inMs > 0 && inMs <= DAYS_MAX * 86_400_000) return
  const allowed = `in the future, at most ${DAYS_MAX} days ahead`
  throw badBody(`expiresAt is ${expiresAt}.`, { expiresAt: allowed })
}

const shareNotFound = (message: string): ApiError =>
  new ApiError('share_not_found', message, 'Links can be listed by whoever made them.')
