// Names for addresses, from the settings: '10.9.0.3' is 'sbc-2'. Asked for once; without any, addresses
// are shown as they are.
import { useEffect, useState } from 'preact/hooks'
import type { Alias } from '#contract'
import { apiPath, fetchJson } from '../shell/fetch-json.ts'

/** The name of an address, or the address. */
export type NameOf = (ip: string) => string

let asked: Promise<readonly Alias[]> | undefined

/** Names, once they are there. */
export function useAliases(): NameOf {
  const [aliases, setAliases] = useState<readonly Alias[]>(NONE)
  useEffect(() => {
    asked ??= fetchJson<{ aliases: readonly Alias[] }>(
      apiPath('aliases'),
      new AbortController().signal,
    ).then((answer) => (answer.kind === 'value' ? (answer.value.aliases ?? NONE) : NONE))
    void asked.then(setAliases)
  }, [])
  const [nameOf, setNameOf] = useState<NameOf>(() => (ip: string) => ip)
  useEffect(() => setNameOf(() => namesBy(aliases)), [aliases])
  return nameOf
}

const NONE: readonly Alias[] = []

/** Looks up exact addresses first, then networks, the narrowest first. */
export function namesBy(aliases: readonly Alias[]): NameOf {
  const exact = new Map(aliases.map(({ address, name }) => [address, name]))
  const networks = aliases
    .flatMap(({ address, name }) => {
      const [, ip = '', bits = ''] = /^([\d.]+)\/(\d+)$/.exec(address) ?? []
      return ip ? [{ base: numberOf(ip), bits: Number(bits), name }] : []
    })
    .sort((a, b) => b.bits - a.bits)
  return (ip) => {
    const name = exact.get(ip)
    if (name !== undefined || networks.length === 0 || ip.includes(':')) return name ?? ip
    const number = numberOf(ip)
    const mask = (bits: number) => (bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0)
    const network = networks.find(
      ({ base, bits }) => (number & mask(bits)) >>> 0 === (base & mask(bits)) >>> 0,
    )
    return network?.name ?? ip
  }
}

const numberOf = (ip: string): number =>
  ip.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0)
