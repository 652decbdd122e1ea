// One scene of phones and proxies that the program watches: who calls whom, and what it says of that.
import { expect } from 'bun:test'
import type { CallDetail, CallPage, CallRow } from '#contract'
import { ask, type Program, until } from '../program.ts'
import { type KamailioOptions, network, startKamailio } from './kamailio.ts'
import { answeringSipp, runSipp } from './sipp.ts'

/** Phones and proxies of one scene, on addresses nothing else uses: caller .11, callee .12. */
export class Scene {
  readonly network = network()
  readonly #program: Program
  readonly #directory: string
  readonly caller = `${this.network}.11`
  readonly callee = `${this.network}.12`
  readonly proxy = `${this.network}.10`
  readonly secondProxy = `${this.network}.20`

  /** Mirrors to the program; what the peers need lies in the directory. */
  constructor(program: Program, directory: string) {
    this.#program = program
    this.#directory = directory
  }

  kamailio(options: Partial<KamailioOptions> = {}): Promise<AsyncDisposable> {
    return startKamailio({
      sip: `${this.proxy}:5060`,
      uas: `${this.callee}:5060`,
      hep: `127.0.0.1:${this.#program.udp.port}`,
      directory: this.#directory,
      ...options,
    })
  }

  answering(scenario: string): AsyncDisposable {
    return answeringSipp({ scenario, local: `${this.callee}:5060`, directory: this.#directory })
  }

  async call(scenario: string, service?: string): Promise<void> {
    await runSipp({
      ...{ scenario, local: `${this.caller}:5060`, remote: `${this.proxy}:5060` },
      ...{ directory: this.#directory, ...(service ? { service } : {}) },
    })
  }

  /**
   * The one call from this scene's caller, once so many messages of it are stored. To be asked while the
   * proxy runs: one that ends may take its last copies with it.
   */
  async found(messages: number): Promise<{ row: CallRow; detail: CallDetail }> {
    const q = encodeURIComponent(`src:${this.caller}`)
    const { calls } = await until(
      () => ask<CallPage>(this.#program, `/api/v1/calls?q=${q}`),
      (page) => (page.calls[0]?.messageCount ?? 0) >= messages,
    )
    expect(calls).toHaveLength(1)
    const [row] = calls as [CallRow]
    const path = `/api/v1/calls/${encodeURIComponent(row.callId)}`
    return { row, detail: await ask<CallDetail>(this.#program, path) }
  }

  /** The ladder as text, hosts by the names of this scene. */
  ladder({ ladder }: CallDetail): string[] {
    const names = new Map([
      ...([
        [this.caller, 'caller'],
        [this.proxy, 'proxy'],
      ] as const),
      ...([
        [this.secondProxy, 'second'],
        [this.callee, 'callee'],
      ] as const),
    ])
    const name = (column: number) => names.get(ladder.columns[column]!.ip)
    return ladder.arrows.map(
      ({ from, to, label }) => `${name(from)} > ${name(to)} ${label.replace(/^100 .*/, '100')}`,
    )
  }
}
