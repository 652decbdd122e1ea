// What waits in the place: reading manifests, and clearing away one that is stored.
import { log } from '#log'
import { HANDOVERS, type Manifest, manifestKey, parseManifest, renderManifest } from './manifest.ts'
import type { HandOverPlace } from './place.ts'

const AT_ONCE = 8

/** Reads manifests once, however often it is asked: they never change but for the better. */
export class WaitingHandOvers {
  readonly #place: HandOverPlace
  #known = new Map<string, Manifest | undefined>()

  constructor(place: HandOverPlace) {
    this.#place = place
  }

  /** The oldest first. Those that cannot be read are told of once, and left out. */
  async list(): Promise<readonly Manifest[]> {
    const keys = (await this.#place.list(HANDOVERS)).filter((key) => key.endsWith('.json'))
    const known = new Map<string, Manifest | undefined>()
    for (const key of keys)
      known.set(key, this.#known.has(key) ? this.#known.get(key) : await this.#read(key))
    this.#known = known
    return [...known.values()].filter((manifest) => manifest !== undefined)
  }

  /** Reads this one again next time: somebody may have changed it by hand. */
  forget(manifest: Manifest): void {
    this.#known.delete(manifestKey(manifest))
  }

  async #read(key: string): Promise<Manifest | undefined> {
    const bytes = await this.#place.get(key)
    try {
      return bytes && parseManifest(bytes, key)
    } catch (error) {
      log.error({ room: 'spool', place: this.#place.name, error: (error as Error).message })
      return undefined
    }
  }
}

/** Removes what is stored: the manifest last, so that who is killed before leaves word of the rest. */
export async function removeHandOver(place: HandOverPlace, manifest: Manifest): Promise<void> {
  const keys = manifest.lanes.flatMap(({ parts }) => parts.map(({ key }) => key)).values()
  const work = async () => {
    for (const key of keys) await place.remove(key)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  await place.remove(manifestKey(manifest))
}

/** Writes down that parts which are gone are to be done without. */
export const acceptLoss = (place: HandOverPlace, manifest: Manifest): Promise<void> =>
  place.put(manifestKey(manifest), renderManifest({ ...manifest, isLossAccepted: true }))
