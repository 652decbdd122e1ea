// A message of a transport that keeps boundaries (WebSocket, a length-prefixed body): one frame of
// any version, or several HEP3 frames back to back, told apart by the first one's length field.
import { HepStream, type MalformedHep } from '#hep'

const HEP3 = 0x48_45_50_33

export interface MessageHandlers {
  /** Bytes that should be one frame; nothing is checked yet. */
  readonly onOne: (bytes: Buffer) => void
  /** A frame out of several; it has been checked. */
  readonly onFrame: (frame: Buffer) => void
  /** Bytes between frames. */
  readonly onFault: (fault: MalformedHep, bytes: Buffer) => void
}

/** Hands over the frames of one message. */
export function splitMessage(bytes: Buffer, handlers: MessageHandlers): void {
  const isHep3 = bytes.length >= 6 && bytes.readUInt32BE(0) === HEP3
  if (isHep3 && bytes.readUInt16BE(4) < bytes.length) splitFrames(bytes, handlers)
  else handlers.onOne(bytes)
}

function splitFrames(bytes: Buffer, { onFrame, onFault }: MessageHandlers): void {
  const stream = new HepStream({ onFrame, onFault })
  stream.push(bytes)
  stream.end()
}
