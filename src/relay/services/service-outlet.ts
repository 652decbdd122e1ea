// A way out to a service that takes documents over HTTP. A parcel becomes requests of bounded size, one
// after the other:
//
//   frames ─▶ described ─▶ items ─▶ request ─┬─ 2xx ─────────────────────▶ taken, but for the items it names
//               │ not HEP: rejected          ├─ 413, 400, 422: halves ───▶ the one item at fault is rejected
//               │ filtered out, or not of its types: skipped  ├─ 429, 5xx, no answer: wait ▶ the frames before it are settled,
//               ▼                            └─ 401, 403, 404: wait         the rest is sent again
//
// Everything a service is sent carries an id, or is known by its content, so what is sent twice is there
// once: whatever is not certain is sent again, to anybody. One bad frame costs some twenty requests and
// never holds up the others; when a parcel has cost REQUESTS_MAX, what is still refused is given up.
import { type Filter, type FilterOptions, openFilter } from '#filter'
import { log as rootLog } from '#log'
import { type FrameWalk, type Outlet, OutletError, type Parcel, type Receipt } from '../outlet.ts'
import { describeFrame } from './described-frame.ts'
import { post } from './post.ts'
import { type Answer, type Item, type Judgement, judgeStatus, type Service } from './service.ts'
import { ServiceTally } from './service-tally.ts'

const log = rootLog.child({ room: 'relay' })

export interface ServiceOptions {
  readonly service: Service
  /** For the log. */
  readonly destination: string
  /** HEP protocol types that are carried; empty = all. */
  readonly types: readonly number[]
  /** Of a request, before it is compressed. */
  readonly batchBytes: number
  readonly isGzip: boolean
  /** The value of `authorization`; '' = none. */
  readonly login: string
  readonly ca: string | undefined
  /** What is done to frames before they are written. @default nothing */
  readonly filter?: FilterOptions | undefined
  readonly filterCounts?: SharedArrayBuffer | undefined
  /** @default 10000 */
  readonly answerMs?: number | undefined
}

const ITEMS_MAX = 5_000
const REQUESTS_MAX = 100

export function openService(options: ServiceOptions): Outlet {
  const tally = new ServiceTally((why, frames) =>
    log.warn({ destination: options.destination, why, frames }, 'frames were refused for good'),
  )
  const { filter, filterCounts: counts } = options
  let opened: Promise<Filter> | undefined
  return {
    async send(parcel, target, signal) {
      opened ??= filter && openFilter(filter, { counts })
      return new Sending(options, await opened, tally, parcel, target, signal).run()
    },
    async setFilter(changed) {
      const known = await opened
      if (known === undefined) opened = Promise.resolve(await openFilter(changed, { counts }))
      else await known.change(changed)
    },
    tally: () => tally,
    close: async () => (await opened)?.close(),
  }
}

/** One try of one parcel. */
class Sending {
  readonly #options: ServiceOptions
  readonly #filter: Filter | undefined
  readonly #tally: ServiceTally
  readonly #parcel: Parcel
  readonly #target: string
  readonly #signal: AbortSignal
  readonly #rejected: { index: number; why: string }[] = []
  #items: Item[] = []
  #bytes = 0
  #requests = 0
  #skipped = 0

  constructor(
    options: ServiceOptions,
    filter: Filter | undefined,
    tally: ServiceTally,
    parcel: Parcel,
    target: string,
    signal: AbortSignal,
  ) {
    this.#options = options
    this.#filter = filter
    this.#tally = tally
    this.#parcel = parcel
    this.#target = target
    this.#signal = signal
  }

  async run(): Promise<Receipt> {
    const walk = this.#parcel.walk()
    for (let index = 0; walk.next(); index++) {
      const item = this.#itemOf(walk, index)
      if (item === undefined) continue
      // By characters: a batch is a bound for memory, not a promise.
      if (this.#bytes + item.text.length > this.#options.batchBytes) await this.#flush()
      this.#items.push(item)
      this.#bytes += item.text.length
      if (this.#items.length >= ITEMS_MAX) await this.#flush()
    }
    await this.#flush()
    return this.#settle(this.#parcel.frames)
  }

  #itemOf(walk: FrameWalk, index: number): Item | undefined {
    const { types, service } = this.#options
    const isWanted = (type: number) => types.length === 0 || types.includes(type)
    const frame = describeFrame(walk, this.#parcel.place, isWanted, this.#filter)
    if (frame === 'unwanted') this.#skipped++
    else if (frame === undefined) this.#rejected.push({ index, why: 'not HEP' })
    else return service.write(frame, index)
    return undefined
  }

  async #flush(): Promise<void> {
    const parts = this.#items.length > 0 ? [this.#items] : []
    this.#items = []
    this.#bytes = 0
    for (let part = parts.pop(); part; part = parts.pop()) {
      const judgement = await this.#post(part)
      if (judgement.kind === 'wait') this.#refuse(part[0]!.index, judgement.why, judgement.waitMs)
      else if (judgement.kind === 'split') parts.push(...this.#halves(part, judgement.why))
      else {
        this.#rejected.push(...(judgement.rejected ?? []))
        const { againFrom } = judgement
        if (againFrom) this.#refuse(againFrom.index, againFrom.why, 0)
      }
    }
  }

  /** The later half first, for the earlier is taken from the end. */
  #halves(part: Item[], why: string): Item[][] {
    const middle = part.length >> 1
    if (part.length > 1 && this.#requests < REQUESTS_MAX)
      return [part.slice(middle), part.slice(0, middle)]
    for (const { index } of part) this.#rejected.push({ index, why })
    return []
  }

  async #post(items: readonly Item[]): Promise<Judgement> {
    const { service, login, ca, isGzip, answerMs = 10_000 } = this.#options
    const { path, contentType, headers } = service
    this.#requests++
    let answer: Answer
    try {
      answer = await post({
        ...{ url: `${this.#target}${path}`, login, ca, isGzip, body: service.join(items) },
        headers: { ...headers, 'content-type': contentType },
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(answerMs)]),
      })
    } catch (error) {
      return { kind: 'wait', why: (error as Error).message, waitMs: 0 }
    }
    return service.judge?.(answer, items) ?? judgeStatus(answer)
  }

  #refuse(index: number, why: string, retryAfterMs: number): never {
    // Skipped ones are told when the parcel is settled as a whole.
    this.#skipped = 0
    const first = this.#settle(index)
    throw new OutletError(why, { kind: 'refused', first, retryAfterMs, isCertain: true })
  }

  /** What became of the first `frames`. */
  #settle(frames: number): Receipt {
    const rejected = this.#rejected.filter(({ index }) => index < frames)
    this.#tally.add(
      this.#skipped,
      rejected.map(({ why }) => why),
    )
    return { taken: frames - rejected.length, rejected: rejected.length }
  }
}
