// Frames that differ from all others, and an agent that posts them over HTTP and remembers which of
// them the server said are safe.
import { encodeHep, type HepPacketFields } from '#hep'
import { identityOfFrame } from './truth.ts'

const MESSAGES_PER_CALL = 10
const RETRY_MS = 20

/** The text of message `number` of a series: ten follow each other in one call. */
export function numberedText(series: string, number: number): string {
  const call = Math.floor(number / MESSAGES_PER_CALL)
  return [
    `INFO sip:${series}-${call}@faults.example SIP/2.0`,
    `Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-${series}-${number}`,
    `From: <sip:${series}-${call}@faults.example>;tag=1`,
    `To: <sip:sink@faults.example>;tag=2`,
    `Call-ID: ${series}-${call}@faults.example`,
    `CSeq: ${number} INFO`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}

/** Message `number` of a series as a HEP frame, stamped with the present time. */
export const numberedFrame = (
  series: string,
  number: number,
  fields: Partial<HepPacketFields> = {},
): Buffer =>
  encodeHep({
    srcIp: '10.0.0.1',
    dstIp: '10.0.0.2',
    srcPort: 5060,
    dstPort: 5060,
    atUs: Date.now() * 1000,
    captureId: 77,
    payload: Buffer.from(numberedText(series, number)),
    ...fields,
  })

export const numberedFrames = (series: string, count: number, from = 0): Buffer[] =>
  Array.from({ length: count }, (_, i) => numberedFrame(series, from + i))

/** POST /hep; resolves with the answer. */
export const postFrames = (url: string, frames: readonly Buffer[]): Promise<Response> =>
  fetch(`${url}/hep`, {
    method: 'POST',
    body: Buffer.concat(frames),
    headers: { 'content-type': 'application/octet-stream' },
  })

export interface Posted {
  /** Identities of the frames the server said are safe. */
  readonly acknowledged: readonly string[]
  /** Answers other than 200, by status. */
  readonly refusals: ReadonlyMap<number, number>
}

/** Posts one body after the other until the signal, whatever the server answers or does. */
export async function keepPosting(
  url: string,
  {
    series,
    signal,
    perBody = 20,
    pauseMs = 5,
  }: { series: string; signal: AbortSignal; perBody?: number; pauseMs?: number },
): Promise<Posted> {
  const acknowledged: string[] = []
  const refusals = new Map<number, number>()
  for (let number = 0; !signal.aborted; number += perBody) {
    const frames = numberedFrames(series, perBody, number)
    const answer = await postFrames(url, frames).catch(() => undefined)
    const isWhole = await answer?.text().then(
      () => true,
      () => false,
    )
    if (answer?.status === 200 && isWhole) {
      acknowledged.push(...frames.map(identityOfFrame))
      await Bun.sleep(pauseMs)
    } else {
      if (answer) refusals.set(answer.status, (refusals.get(answer.status) ?? 0) + 1)
      await Bun.sleep(RETRY_MS)
    }
  }
  return { acknowledged, refusals }
}
