// What came of a run: packets by fate, how long they took, how good each minute was, how well the
// number of nodes fitted. Elasticity as Herbst et al. define it (BUNGEE, SEAMS 2015): accuracy is the mean
// share of the demand that was missing or idle, timeshare the part of the time in which it was.
import { type ByCause, CAUSES, noCauses } from './rates.ts'
import type { SimNode } from './sim-node.ts'
import { Spread } from './spread.ts'
import { carriedByNode, type World } from './world.ts'

/** A stretch of time in which nothing changed. */
export interface Stretch {
  readonly from: number
  readonly to: number
  /** Traffic, packets a second. */
  readonly rate: number
  /** Lost, packets a second, by cause. */
  readonly lost: ByCause
  readonly nodes: readonly SimNode[]
  /** Age of the oldest packet that is not stored, wherever it waits. */
  readonly age: number
}

interface Minute {
  sent: number
  bad: number
  lost: number
}

export class Tally {
  readonly #world: World
  readonly #carried: number
  readonly #stepAt: number
  readonly delays = new Spread(0.01)
  readonly skews = new Spread(0.01)
  readonly lost = noCauses()
  sent = 0
  stored = 0
  #minute: Minute = { sent: 0, bad: 0, lost: 0 }
  #minuteAt = 0
  minutes = 0
  badMinutes = 0
  worstMinuteLoss = 0
  seconds = 0
  readonly #short = { share: 0, seconds: 0 }
  readonly #idle = { share: 0, seconds: 0 }
  /** When things were last bad after the trace's step. */
  #badUntil = 0

  constructor(world: World, stepAt: number | undefined) {
    this.#world = world
    this.#carried = carriedByNode(world.node)
    this.#stepAt = stepAt ?? Number.POSITIVE_INFINITY
  }

  /** Packets were stored after they had waited so long. */
  readonly store = (packets: number, seconds: number): void => {
    const delay = seconds + this.#world.node.storeDelay
    this.stored += packets
    this.delays.add(delay, packets)
    if (delay > this.#world.sloDelay) this.#minute.bad += packets
  }

  pass({ from, to, rate, lost, nodes, age }: Stretch): void {
    const seconds = to - from
    if (Math.floor(from / 60) !== this.#minuteAt) this.#closeMinute(Math.floor(from / 60))
    this.sent += rate * seconds
    this.#minute.sent += rate * seconds
    let lostRate = 0
    for (const cause of CAUSES) {
      this.lost[cause] += lost[cause] * seconds
      lostRate += lost[cause]
    }
    this.#minute.bad += lostRate * seconds
    this.#minute.lost += lostRate * seconds
    this.seconds += seconds
    this.#fit(rate, nodes, seconds)
    const { sloShare, sloDelay } = this.#world
    if (from >= this.#stepAt && (lostRate > (1 - sloShare) * rate || age > sloDelay))
      this.#badUntil = to
  }

  /** Packets that were lost at once, with the disk of a node. */
  lose(cause: 'drain' | 'spot', packets: number): void {
    this.lost[cause] += packets
    this.#minute.bad += packets
    this.#minute.lost += packets
  }

  finish(): void {
    this.#closeMinute(this.#minuteAt + 1)
  }

  /** Seconds from the step until all was well for good; undefined without a step, Infinity for never. */
  get recovery(): number | undefined {
    if (this.#stepAt === Number.POSITIVE_INFINITY) return undefined
    if (this.#badUntil >= this.seconds) return Number.POSITIVE_INFINITY
    return Math.max(0, this.#badUntil - this.#stepAt)
  }

  get elasticity() {
    const of = (value: number) => (this.seconds > 0 ? value / this.seconds : 0)
    return {
      underAccuracy: of(this.#short.share),
      overAccuracy: of(this.#idle.share),
      underTimeshare: of(this.#short.seconds),
      overTimeshare: of(this.#idle.seconds),
    }
  }

  #fit(rate: number, nodes: readonly SimNode[], seconds: number): void {
    let [serving, most, sum] = [0, 0, 0]
    for (const node of nodes) {
      if (!node.isServing) continue
      serving++
      sum += node.offered
      most = Math.max(most, node.offered)
    }
    if (sum > 0) this.skews.add((most * serving) / sum, seconds)
    const demand = Math.max(1, Math.ceil(rate / this.#carried))
    const short = demand - serving
    const side = short > 0 ? this.#short : this.#idle
    if (short !== 0) side.seconds += seconds
    side.share += (Math.abs(short) / demand) * seconds
  }

  #closeMinute(next: number): void {
    const { sent, bad, lost } = this.#minute
    this.#minute = { sent: 0, bad: 0, lost: 0 }
    this.#minuteAt = next
    if (sent <= 0) return
    this.minutes++
    if (bad / sent > 1 - this.#world.sloShare) this.badMinutes++
    this.worstMinuteLoss = Math.max(this.worstMinuteLoss, lost / sent)
  }
}
