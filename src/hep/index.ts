// The door of the room: HEP bytes to packets and back. Imports nothing but the ledger's reasons.
export { type CapturedDatagram, readCapture } from './capture-file.ts'
export {
  type Arrival,
  CARRIED_TYPE,
  CarriedWalk,
  carriedBytes,
  writeCarried,
} from './carried-frames.ts'
export { checkHep } from './check.ts'
export { authKeyOf, decodeHep } from './decode.ts'
export { type EncodeOptions, encodeHep, encodeHepInto, type HepPacketFields } from './encode.ts'
export { writeIp } from './ip-bytes.ts'
export { ipv4Text, ipv6Text } from './ip-text.ts'
export {
  FRAME_BYTES_MAX,
  type HepChunk,
  type HepPacket,
  type MalformedHep,
  PROTOCOL,
} from './packet.ts'
export { isText } from './recent-text.ts'
export { blankAuthKey } from './redact.ts'
export { hepSkim, skimHep } from './skim.ts'
export { HepStream, type HepStreamHandlers } from './stream.ts'
