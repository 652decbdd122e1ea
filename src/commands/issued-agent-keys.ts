// Brings the agent keys that administrators issue from the database to the intake's threads, within
// seconds and without a restart. What was read last is kept in the data directory, hashes only: a node
// that starts while its database is away still knows whom to let in.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { issuedKeysMemory, writeIssuedKeys } from '#intake'
import { log } from '#log'
import type { OpenedPeople } from '#store'

const LOOK_EVERY_MS = 2_000

/** Follows the keys until it is closed. */
export class IssuedAgentKeys {
  /** For the intake's policy. */
  readonly memory = issuedKeysMemory()
  readonly #file: string
  #known = ''
  #timer: Timer | undefined

  constructor(dataDirectory: string) {
    this.#file = join(dataDirectory, 'agent-keys.json')
    if (!existsSync(this.#file)) return
    try {
      this.#take(readFileSync(this.#file, 'utf8'))
    } catch (error) {
      log.warn({ file: this.#file, err: error }, 'what was known of agent keys cannot be read')
    }
  }

  /** Looks into the database from now on. */
  follow(people: Pick<OpenedPeople, 'agentKeyHashes' | 'secret'>): void {
    const look = async () => {
      const hashes = await people.agentKeyHashes()
      const secret = hashes.length > 0 ? await people.secret('agent-keys') : new Uint8Array(32)
      const text = JSON.stringify(
        [secret, ...hashes].map((bytes) => Buffer.from(bytes).toString('hex')),
      )
      if (text === this.#known) return
      this.#take(text)
      this.#keep(text)
    }
    const again = () => {
      // The database is away: what is known goes on counting.
      void look().catch(() => undefined)
    }
    again()
    this.#timer = setInterval(again, LOOK_EVERY_MS)
    this.#timer.unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #take(text: string): void {
    const [secret, ...hashes] = (JSON.parse(text) as string[]).map((hex) => Buffer.from(hex, 'hex'))
    writeIssuedKeys(this.memory, secret!, hashes)
    this.#known = text
  }

  #keep(text: string): void {
    try {
      writeFileSync(`${this.#file}.new`, text, { mode: 0o600 })
      renameSync(`${this.#file}.new`, this.#file)
    } catch (error) {
      log.warn(
        { file: this.#file, err: error },
        'agent keys cannot be kept; they count all the same',
      )
    }
  }
}
