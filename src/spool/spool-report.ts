// A spool report as text, the sound lanes in a line each and every damaged place in its own.
import type { DamagedPlace, LaneReport, SpoolReport } from './verify-spool.ts'

/** The report as people read it, with a verdict in its last line. */
export function renderSpoolReport(report: SpoolReport): string {
  const { directory, spoolId, formatVersion, createdAt, declaredReaders, lanes } = report
  return [
    `spool    ${directory}`,
    `id       ${spoolId}, format ${formatVersion}, made ${createdAt || 'at an unknown time'}`,
    `readers  ${declaredReaders.join(', ') || 'none declared: files are never deleted'}`,
    '',
    ...lanes.flatMap((lane) => [...renderLane(lane, declaredReaders), '']),
    verdict(lanes),
  ].join('\n')
}

function renderLane(lane: LaneReport, declared: readonly string[]): string[] {
  const span =
    lane.files === 1 ? `file ${lane.firstFile}` : `files ${lane.firstFile}–${lane.lastFile}`
  return [
    `lane ${lane.lane}`,
    `  ${lane.files ? span : 'no files'}, ${bytesText(lane.bytes)}, ${count(lane.batches, 'batch', 'batches')}`,
    `  ${count(lane.frames, 'frame')} here, ${number(lane.framesEver)} ever, ${number(lane.quarantined)} quarantined`,
    `  received ${timeText(lane.oldestUs)} to ${timeText(lane.newestUs)}`,
    ...readerLines(lane, declared),
    ...lane.damaged.map(renderDamage),
  ]
}

function readerLines(lane: LaneReport, declared: readonly string[]): string[] {
  const names = new Set(lane.readers.map((reader) => reader.name))
  return [
    ...lane.readers.map(
      ({ name, cursor, behindFrames }) =>
        `  reader ${name}: file ${cursor.file}, byte ${cursor.offset}, ` +
        (behindFrames ? `${count(behindFrames, 'frame')} behind` : 'at the end'),
    ),
    ...declared.filter((name) => !names.has(name)).map((name) => `  reader ${name}: not begun`),
  ]
}

function renderDamage({ kind, file, offset, bytes, frames, reason }: DamagedPlace): string {
  const lost = frames === undefined ? '' : `, ${count(frames, 'frame')} lost`
  const span = bytes ? `, ${count(bytes, 'byte')}` : ''
  return `  ${kind.toUpperCase()} file ${file} at byte ${offset}${span}: ${reason}${lost}`
}

function verdict(lanes: readonly LaneReport[]): string {
  const places = lanes.flatMap((lane) => lane.damaged)
  const lost = places.reduce((sum, place) => sum + (place.frames ?? 0), 0)
  const torn = places.filter((place) => place.kind === 'torn').length
  if (places.length === 0) return 'whole: every batch matches its checksum'
  if (torn === places.length) return 'whole but for a torn end, which the next start cuts off'
  return `damaged: ${count(places.length, 'place')}, ${count(lost, 'frame')} known to be lost; the rest is read as usual`
}

const number = (value: number): string => value.toLocaleString('en-US')

const count = (value: number, one: string, many = `${one}s`): string =>
  `${number(value)} ${value === 1 ? one : many}`

const timeText = (us: number | undefined): string =>
  us === undefined ? '–' : new Date(us / 1_000).toISOString()

function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const unit = Math.min(3, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** unit).toFixed(1)} ${['B', 'KiB', 'MiB', 'GiB'][unit]}`
}
