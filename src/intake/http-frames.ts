// The frames in a body, in one of two forms told apart by the first four bytes, or as a relay carries
// them (hep/carried-frames.ts), which the Content-Type says:
//
//   'HEP3'…                          HEP3 frames back to back; damage is skipped up to the next one
//   [u32 length][frame][u32 length]… any version; big-endian. 'HEP3' read as a length is 1.2 GB
//
// Where a length cannot be true nothing behind it can be found, so the rest is one fault.
import { CarriedWalk, FRAME_BYTES_MAX, HepStream, type MalformedHep } from '#hep'
import type { MessageHandlers } from './frame-message.ts'

const HEP3 = 0x48_45_50_33
const PREFIX_BYTES = 4
const STEP_BYTES = 256 * 1024 // then others get a turn on this thread

/** Hands over the frames of a body, a step at a time, until `isStopped` or its end. */
export async function takeFrames(
  body: Buffer,
  handlers: MessageHandlers,
  isStopped: () => boolean,
): Promise<void> {
  const isBackToBack = body.length >= PREFIX_BYTES && body.readUInt32BE(0) === HEP3
  if (isBackToBack) await takeBackToBack(body, handlers, isStopped)
  else await takePrefixed(body, handlers, isStopped)
}

/** Hands over the frames that a relay carried here, all in one go, until `isStopped` or the end. */
export function takeCarried(
  body: Buffer,
  onCarried: (frame: CarriedWalk) => void,
  isStopped: () => boolean,
): MalformedHep | undefined {
  const walk = new CarriedWalk(body)
  while (!isStopped() && walk.next()) onCarried(walk)
  if (isStopped() || walk.left === 0) return undefined
  const at = body.length - walk.left
  return fault('truncated', 0, `No carried frame can stand at byte ${at} of the body.`)
}

async function takeBackToBack(
  body: Buffer,
  { onFrame, onFault }: MessageHandlers,
  isStopped: () => boolean,
): Promise<void> {
  const stream = new HepStream({ onFrame, onFault })
  for (let at = 0; at < body.length && !isStopped(); at += STEP_BYTES) {
    if (at > 0) await othersTurn()
    stream.push(body.subarray(at, at + STEP_BYTES))
  }
  if (!isStopped()) stream.end()
}

async function takePrefixed(
  body: Buffer,
  { onOne, onFault }: MessageHandlers,
  isStopped: () => boolean,
): Promise<void> {
  let turnAt = STEP_BYTES
  for (let at = 0; at < body.length && !isStopped(); ) {
    const fault = prefixFault(body, at)
    if (fault) return onFault(fault, body.subarray(at, at + FRAME_BYTES_MAX))
    const end = at + PREFIX_BYTES + body.readUInt32BE(at)
    onOne(body.subarray(at + PREFIX_BYTES, end))
    at = end
    if (at < turnAt) continue
    turnAt = at + STEP_BYTES
    await othersTurn()
  }
}

function prefixFault(body: Buffer, at: number): MalformedHep | undefined {
  const left = body.length - at - PREFIX_BYTES
  if (left < 0) return fault('truncated', 0, 'The body ends inside a length.')
  const bytes = body.readUInt32BE(at)
  if (bytes === 0 || bytes > FRAME_BYTES_MAX) {
    const expected = `a length of 1 to ${FRAME_BYTES_MAX} was expected`
    return fault('not_hep', 0, `Neither HEP3 nor a length stands at byte ${at}: ${expected}.`)
  }
  if (bytes <= left) return undefined
  return fault('truncated', PREFIX_BYTES + left, `A frame of ${bytes} bytes has only ${left} left.`)
}

const fault = (reason: MalformedHep['reason'], offset: number, detail: string): MalformedHep => ({
  kind: 'malformed',
  reason,
  offset,
  detail,
})

const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
