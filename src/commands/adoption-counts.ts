// What Prometheus hears of hand-overs: what waits in object storage, and what this node took on.
import { Counter, Gauge, registry } from '#metrics'
import type { Manifest } from '#spool'

const gauge = (name: string, help: string) =>
  new Gauge({ name: `calliope_${name}`, help, registers: [registry] })
const counter = (name: string, help: string) =>
  new Counter({ name: `calliope_${name}_total`, help, registers: [registry] })

type Places = ReadonlyMap<string, { readonly records: number }>

/** Made where something can be handed over: elsewhere these metrics would say nothing, and alarm. */
export class AdoptionCounts {
  readonly #behind = new Map<string, number>()
  readonly #placeUp = gauge(
    'handover_place_up',
    '1 when packets could be handed over (drain.handover), as tried last.',
  )
  readonly #waiting = gauge(
    'handovers_waiting',
    'Spools in object storage that nobody has stored yet.',
  )
  readonly #waitingFrames = gauge(
    'handovers_waiting_frames',
    'Frames in them that are not stored yet.',
  )
  readonly #oldestSeconds = gauge('handovers_oldest_seconds', 'Age of the oldest of them.')
  readonly #adoptions = counter('adoptions', 'Spools of other nodes that this process stored.')
  readonly #adoptedFrames = counter('adopted_frames', 'Frames in them.')
  readonly #failures = counter(
    'adoption_failures',
    'Times looking for them, or storing one, failed.',
  )

  #isPlaceGood: boolean | undefined

  /** Whether the place could be written to when that was tried last; undefined before. */
  get isPlaceGood(): boolean | undefined {
    return this.#isPlaceGood
  }

  set isPlaceGood(isGood: boolean) {
    this.#isPlaceGood = isGood
    this.#placeUp.set(isGood ? 1 : 0)
  }

  /** How far the database has come with one that waits. */
  progress({ id, lanes }: Manifest, cursors: Places): void {
    const behind = lanes.map(({ lane, from, to }) =>
      Math.max(0, to.records - (cursors.get(lane)?.records ?? from.records)),
    )
    this.#behind.set(
      id,
      behind.reduce((sum, frames) => sum + frames, 0),
    )
  }

  adopted({ id, frames }: Manifest): void {
    this.#behind.set(id, 0)
    this.#adoptions.inc()
    this.#adoptedFrames.inc(frames)
  }

  failed(): void {
    this.#failures.inc()
  }

  /** Everything that was there at this look. */
  seen(manifests: readonly Manifest[]): void {
    const ids = new Set(manifests.map(({ id }) => id))
    for (const id of this.#behind.keys()) if (!ids.has(id)) this.#behind.delete(id)
    const waits = manifests.filter(({ id }) => this.#behind.get(id) !== 0)
    this.#waiting.set(waits.length)
    this.#waitingFrames.set([...this.#behind.values()].reduce((sum, frames) => sum + frames, 0))
    const oldestMs = Math.min(...waits.map(({ at }) => Date.parse(at)))
    this.#oldestSeconds.set(Number.isFinite(oldestMs) ? (Date.now() - oldestMs) / 1000 : 0)
  }
}
