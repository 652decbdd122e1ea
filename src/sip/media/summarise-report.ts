// One short line for an arrow of the ladder, a row of a table, a terminal.
import type { MediaReport, StreamQuality } from './report.ts'

const TEXT_CHARS_MAX = 160

/** 'loss 2 %, jitter 12 ms, MOS 4.1', 'SRV _sip._udp.example.org → …', 'IAM 10 → 20'; '' for nothing. */
export function summariseReport(report: MediaReport): string {
  switch (report.kind) {
    case 'rtcp':
    case 'rtp':
    case 'vq':
    case 'border':
    case 'phone':
      return summariseStreams(report.streams)
    case 'dns': {
      const { type, name, isResponse, status, answers } = report
      const question = `${type} ${name}`.trim()
      if (!isResponse) return question
      return cut(`${question} → ${answers.length > 0 ? answers.join(', ') : status}`)
    }
    case 'isup': {
      const numbers = [report.calling, report.called].filter((digits) => digits !== '')
      const cause = report.cause === undefined ? '' : ` cause ${report.cause}`
      return `${report.name} ${numbers.join(' → ')}${cause}`.replace(/\s+/g, ' ').trim()
    }
    case 'log':
      return cut(report.text.replace(/\s+/g, ' '))
  }
}

/** The worst of each measure among them. */
export function summariseStreams(streams: readonly StreamQuality[]): string {
  const most = (of: (stream: StreamQuality) => number | undefined): number | undefined => {
    const known = streams.flatMap((stream) => of(stream) ?? [])
    return known.length > 0 ? Math.max(...known) : undefined
  }
  const loss = most(({ lossShare }) => lossShare)
  const jitter = most(({ jitterMs }) => jitterMs)
  const trip = most(({ roundTripMs }) => roundTripMs)
  const mos = most((stream) => (stream.mos === undefined ? undefined : -stream.mos))
  return [
    loss === undefined ? '' : `loss ${short(loss * 100)} %`,
    jitter === undefined ? '' : `jitter ${short(jitter)} ms`,
    trip ? `round trip ${Math.round(trip)} ms` : '',
    mos === undefined ? '' : `MOS ${(-mos).toFixed(1)}`,
  ]
    .filter((part) => part !== '')
    .join(', ')
}

const short = (value: number): string => String(Number(value.toFixed(1)))

const cut = (text: string): string =>
  text.length <= TEXT_CHARS_MAX ? text : `${text.slice(0, TEXT_CHARS_MAX)}…`
