// Runs the scripts over packets, and sees to it that no packet suffers from them:
//
//   a run fails            the packet goes on as it was; counted, and told at most once in ten seconds
//   it takes too long      the same. When runs that took too long have cost a tenth of a second within one
//                          second, the scripts rest for ten: a spool that is not read fills up
//   it keeps too much      the sandbox is begun anew, at most once a second; so it is when the engine broke
//
// Scripts keep what they like between packets, in variables and with HashTable, until they are begun anew.
import { log as rootLog } from '#log'
import type { FilterCounts } from '../filter-counts.ts'
import type { ScriptOptions } from '../filter-options.ts'
import type { Discarded, Filtered, Passed } from '../filtered.ts'
import { applyChanges } from './apply-changes.ts'
import type { Changes, Host } from './guest.ts'
import { KeyTable } from './key-table.ts'
import { hepText, payloadText, sipText } from './packet-text.ts'
import { Sandbox, type SandboxOptions, ScriptFault } from './sandbox.ts'
import { readModule } from './script-modules.ts'
import { SeldomLog } from './seldom-log.ts'

const log = rootLog.child({ room: 'filter', part: 'scripts' })

const PROTOCOL_TYPES = [1, 5, 100]
const RUN_MS_MAX = 5
const MEMORY_BYTES_MAX = 32 * 2 ** 20
const STALL_MS_MAX = 100
const STALL_WINDOW_MS = 1_000
const REST_MS = 10_000
const RESTART_MS = 1_000
const TEXT_CHARS_MAX = 1_024
const HASHES = ['md5', 'sha1', 'sha256'] as const

/** Hears what scripts print and how they fail. */
export type ScriptListener = (level: string, text: string) => void

export class ScriptEngine {
  readonly #options: ScriptOptions
  readonly #counts: FilterCounts
  readonly #hear: ScriptListener
  readonly #types: ReadonlySet<number>
  readonly #labels: ReadonlySet<string>
  readonly #table = new KeyTable()
  #sandbox: Sandbox | undefined
  /** What the host's functions speak of. */
  #at: Passed | undefined
  #restUntilMs = 0
  #stallMs = 0
  #stallSinceMs = 0
  #isOpening = false
  #isClosed = false

  private constructor(options: ScriptOptions, counts: FilterCounts, listener?: ScriptListener) {
    this.#options = options
    this.#counts = counts
    this.#types = new Set(options.protocolTypes ?? PROTOCOL_TYPES)
    this.#labels = new Set(options.lokiLabels)
    const seldom = new SeldomLog(log)
    this.#hear = listener ?? ((level, text) => seldom.say(level, text))
  }

  /** Rejects with an Error that names the script that cannot be read, and why. */
  static async open(
    options: ScriptOptions,
    counts: FilterCounts,
    listener?: ScriptListener,
  ): Promise<ScriptEngine> {
    const engine = new ScriptEngine(options, counts, listener)
    engine.#sandbox = await Sandbox.open(engine.#sandboxOptions())
    return engine
  }

  /** Whether packets of this type go through the scripts. */
  takes(protocolType: number): boolean {
    return this.#types.has(protocolType)
  }

  /** The packet as the scripts want it; itself when they want nothing, fail or rest. */
  run(packet: Passed): Filtered {
    const startedMs = performance.now()
    if (this.#sandbox === undefined || startedMs < this.#restUntilMs) {
      this.#counts.add('scriptSkipped')
      return packet
    }
    this.#at = packet
    try {
      this.#counts.add('scriptRuns')
      const changes = this.#sandbox.run(packet.sip !== undefined, packet.packet.protocolType)
      return changes === undefined ? packet : this.#changed(packet, JSON.parse(changes) as Changes)
    } catch (error) {
      this.#failed(error as Error, performance.now() - startedMs)
      return packet
    } finally {
      this.#at = undefined
      this.#counts.add('scriptMs', performance.now() - startedMs)
    }
  }

  close(): void {
    this.#isClosed = true
    this.#sandbox?.close()
    this.#sandbox = undefined
  }

  #changed(packet: Passed, changes: Changes): Filtered {
    const why = changes.said?.discard
    if (why !== undefined) return discarded(why)
    const changed = applyChanges(packet, changes, this.#labels)
    this.#counts.add('scriptChanges')
    return changed
  }

  #failed(error: Error, tookMs: number): void {
    const kind = error instanceof ScriptFault ? error.kind : 'broken'
    this.#counts.add(kind === 'time' ? 'scriptTimeouts' : 'scriptErrors')
    this.#hear('ERROR', `${error.message}; the packet goes on unchanged`)
    if (kind === 'time') this.#noteStall(tookMs)
    if (kind === 'memory' || kind === 'broken') this.#beginAnew()
  }

  #noteStall(tookMs: number): void {
    const now = performance.now()
    if (now - this.#stallSinceMs > STALL_WINDOW_MS) {
      this.#stallSinceMs = now
      this.#stallMs = 0
    }
    this.#stallMs += tookMs
    if (this.#stallMs < STALL_MS_MAX) return
    this.#stallMs = 0
    this.#restUntilMs = now + REST_MS
    this.#hear('ERROR', `too many packets took too long; no script runs for ${REST_MS / 1000} s`)
  }

  #beginAnew(): void {
    this.#sandbox?.close()
    this.#sandbox = undefined
    if (this.#isOpening) return
    this.#isOpening = true
    this.#counts.add('scriptRestarts')
    this.#hear('ERROR', 'the scripts are begun anew: what they kept in variables is gone')
    void this.#reopen()
  }

  async #reopen(): Promise<void> {
    await Bun.sleep(RESTART_MS)
    try {
      const sandbox = this.#isClosed ? undefined : await Sandbox.open(this.#sandboxOptions())
      if (this.#isClosed) sandbox?.close()
      else this.#sandbox = sandbox
      this.#isOpening = false
    } catch (error) {
      this.#hear('ERROR', (error as Error).message)
      this.#isOpening = false
      this.#beginAnew()
    }
  }

  #sandboxOptions(): SandboxOptions {
    const { files, runMsMax = RUN_MS_MAX, memoryBytesMax = MEMORY_BYTES_MAX } = this.#options
    return { modules: files.map(readModule), host: this.#host(), runMsMax, memoryBytesMax }
  }

  #host(): Host {
    return {
      hep: () =>
        this.#about(({ packet, sip }) =>
          hepText(packet, packet.correlationId || (sip?.callId ?? ''), sip?.callId ?? ''),
        ),
      sip: () =>
        this.#about(({ sip, headersIn, alegId }) => (sip ? sipText(sip, headersIn, alegId) : '{}')),
      payload: () => this.#about(({ packet }) => payloadText(packet.payload)),
      body: () =>
        this.#about(({ packet, sip }) => payloadText(packet.payload.subarray(sip?.bodyAt ?? 0))),
      hash: hashOf,
      table: (operation, key, value) => this.#askTable(operation, key, value),
      log: (level, text) => this.#hear(level, text.slice(0, TEXT_CHARS_MAX)),
    }
  }

  #about(tell: (packet: Passed) => string): string {
    return this.#at === undefined ? '{}' : tell(this.#at)
  }

  #askTable(operation: string, key: string, value: string): string {
    if (operation === 'get') return this.#table.get(key)
    if (operation === 'set') this.#table.set(key, value)
    else if (operation === 'del') this.#table.delete(key)
    return ''
  }
}

function hashOf(algorithm: string, text: string): string {
  const known = HASHES.find((name) => name === algorithm)
  return known === undefined ? text : new Bun.CryptoHasher(known).update(text).digest('hex')
}

const discarded = (why: string): Discarded => ({
  kind: 'discarded',
  reason: 'discarded',
  detail: why === '' ? 'a script says not to keep it' : `a script says: ${why.slice(0, 200)}`,
})
