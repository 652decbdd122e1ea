// What users keep, in memory: searches they saved, links they shared.
import type { SavedSearch, Share } from '#contract'
import type { NewShare, SearchKeeper, ShareKeeper } from '../src/api/call-store.ts'
import { isoTime } from './fixture-messages.ts'

export class MemorySearches implements SearchKeeper {
  #kept: SavedSearch[] = []

  async list(owner: string) {
    return this.#kept.filter((search) => search.owner === owner || search.shared)
  }

  async save(search: Omit<SavedSearch, 'id' | 'createdAt'>) {
    const id = `00000000-0000-4000-8000-${String(this.#kept.length).padStart(12, '0')}`
    const saved = { ...search, id, createdAt: isoTime(1_795_000_000_000_000) }
    const isSame = ({ owner, name }: SavedSearch) => owner === search.owner && name === search.name
    this.#kept = [...this.#kept.filter((other) => !isSame(other)), saved]
    return saved
  }

  async remove(id: string) {
    const before = this.#kept.length
    this.#kept = this.#kept.filter((search) => search.id !== id)
    return this.#kept.length < before
  }
}

export class MemoryShares implements ShareKeeper {
  readonly #kept = new Map<string, NewShare & { share: Share }>()

  async create(made: NewShare): Promise<Share> {
    const { id, callId, createdBy, expiresAt, redact } = made
    const share: Share = {
      ...{ id, callId, createdBy, expiresAt, redact, createdAt: isoTime(Date.now() * 1000) },
      ...{ revokedAt: null, openedCount: 0, lastOpenedAt: null },
    }
    this.#kept.set(id, { ...made, share })
    return share
  }

  async open(tokenHash: Buffer) {
    const kept = [...this.#kept.values()].find((one) => one.tokenHash.equals(tokenHash))
    if (!kept) return undefined
    const isOver = kept.share.revokedAt !== null || Date.parse(kept.share.expiresAt) <= Date.now()
    return { share: kept.share, snapshot: isOver ? undefined : kept.snapshot }
  }

  async list(createdBy: string | undefined) {
    const all = [...this.#kept.values()].map(({ share }) => share)
    return all.filter((share) => createdBy === undefined || share.createdBy === createdBy)
  }

  async revoke(id: string, createdBy: string | undefined) {
    const kept = this.#kept.get(id)
    if (!kept || (createdBy !== undefined && kept.createdBy !== createdBy)) return undefined
    kept.share = { ...kept.share, revokedAt: isoTime(Date.now() * 1000) }
    return kept.share
  }
}
