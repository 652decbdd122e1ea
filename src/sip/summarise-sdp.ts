// One short line for an arrow of the ladder.
import type { Sdp, SdpMedia } from './sdp.ts'

/** Formats that are not what people talk with: named only when there is nothing else. */
const SIDE_FORMATS = /^(?:telephone-event|CN|red|rtx|ulpfec|flexfec-03)\b/i
const NAMES_MAX = 4

/** 'audio 10.0.0.1:4000 PCMA/8000 sendrecv', streams joined by ' · '. */
export function summariseSdp(sdp: Sdp): string {
  if (sdp.media.length === 0) return 'no media'
  return sdp.media.map(summariseMedia).join(' · ')
}

function summariseMedia(media: SdpMedia): string {
  if (media.port === 0) return `${media.type} refused`
  const host = media.ip.includes(':') ? `[${media.ip}]` : media.ip
  const security = media.encrypted ? ' encrypted' : ''
  return `${media.type} ${host}:${media.port} ${codecs(media)} ${media.direction}${security}`
}

function codecs({ formats, protocol }: SdpMedia): string {
  const names = formats.map(({ id, name }) => name || id)
  const main = names.filter((name) => !SIDE_FORMATS.test(name))
  const shown = main.length > 0 ? main : names
  const more = shown.length > NAMES_MAX ? ` +${shown.length - NAMES_MAX}` : ''
  return shown.length === 0 ? protocol : shown.slice(0, NAMES_MAX).join(',') + more
}
