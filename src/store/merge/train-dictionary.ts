// The text that small blocks are compressed with (write/segment-packing.ts): whole messages of this
// site, chosen so that the lines many messages have in common are in it once. zstd finds matches in
// any text, so no trained tables are needed; the best stands at the end, where offsets are short.
import type { SQL } from 'bun'
import { compressWith, dictionaryVersion } from '../write/segment-packing.ts'
import { SegmentPages } from './read-segments.ts'

const DICTIONARY_BYTES = 24 * 1024
/** Messages looked at; fewer than the least say too little. */
const SAMPLES_MAX = 2_000
const SAMPLES_MIN = 200
/** A new version must pack samples that much smaller than the one there is. */
const GAIN_MIN = 0.1
/** Messages in the blocks it is tried on: slow traffic. */
const TRIED_TOGETHER = 8

/** Messages that together hold most of what the samples have in common. */
export function trainDictionary(samples: readonly Buffer[]): Buffer {
  const lines = samples.map((sample) => new Set(sample.toString('latin1').split('\n')))
  const counts = new Map<string, number>()
  for (const set of lines) for (const line of set) counts.set(line, (counts.get(line) ?? 0) + 1)
  const worth = (line: string) => (counts.get(line)! - 1) * line.length
  const chosen: Buffer[] = []
  for (let bytes = 0; ; ) {
    const scores = lines.map((set, i) => {
      let score = 0
      for (const line of set) score += worth(line)
      return score / Math.max(1, samples[i]!.length)
    })
    const best = scores.reduce((top, score, i) => (score > scores[top]! ? i : top), 0)
    const sample = samples[best]
    if (sample === undefined || scores[best] === 0 || bytes + sample.length > DICTIONARY_BYTES)
      break
    for (const line of lines[best]!) counts.set(line, 1)
    chosen.unshift(sample)
    bytes += sample.length
  }
  return Buffer.concat(chosen)
}

/** Trains on a partition, and keeps the result where it beats what there is; returns its version. */
export async function keepDictionary(sql: SQL, table: string): Promise<number | undefined> {
  const samples = await samplesOf(sql, table)
  if (samples.length < SAMPLES_MIN) return undefined
  const [newest] = (await sql`select bytes from message_dictionaries
    order by created_at desc, version limit 1`) as { bytes: Buffer }[]
  const [learned, tried] = [
    samples.filter((_, i) => i % 4 > 0),
    samples.filter((_, i) => i % 4 === 0),
  ]
  const dictionary = trainDictionary(learned)
  const before = packedBytes(newest?.bytes, tried)
  if (packedBytes(dictionary, tried) > before * (1 - GAIN_MIN)) return undefined
  const version = dictionaryVersion(dictionary)
  await sql`insert into message_dictionaries (version, bytes) values (${version}, ${dictionary})
    on conflict do nothing`
  return version
}

async function samplesOf(sql: SQL, table: string): Promise<Buffer[]> {
  const pages = new SegmentPages(sql, table)
  const samples: Buffer[] = []
  while (samples.length < SAMPLES_MAX) {
    const page = await pages.next()
    if (page === undefined) break
    for (const row of page.rows) {
      const { messages = [] } = await page.open(row)
      samples.push(...messages.map(({ payload }) => payload))
      if (samples.length >= SAMPLES_MAX) break
    }
  }
  return samples.slice(0, SAMPLES_MAX)
}

function packedBytes(dictionary: Buffer | undefined, samples: readonly Buffer[]): number {
  let bytes = 0
  for (let i = 0; i < samples.length; i += TRIED_TOGETHER) {
    const some = Buffer.concat(samples.slice(i, i + TRIED_TOGETHER))
    bytes += (dictionary ? compressWith(dictionary, some) : Bun.zstdCompressSync(some)).length
  }
  return bytes
}
