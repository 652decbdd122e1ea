// Names for hosts. They are a comfort: while they are not there, or may not be read, addresses stand.
import type { LadderColumn } from '#contract'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'

interface Alias {
  readonly address: string
  readonly name: string
}

/** Names by column label; `off` asks nothing. */
export function useAliases(
  columns: readonly LadderColumn[],
  off: boolean,
): ReadonlyMap<string, string> {
  const { value } = useAnswer<{ aliases: readonly Alias[] }>(off ? undefined : apiPath('aliases'))
  return namesOf(columns, value?.aliases ?? [])
}

/** The nearest alias wins: address with port, address, then the narrowest network. */
export function namesOf(
  columns: readonly LadderColumn[],
  aliases: readonly Alias[],
): ReadonlyMap<string, string> {
  const exact = new Map(aliases.map(({ address, name }) => [address, name]))
  const networks = aliases
    .filter(({ address }) => address.includes('/'))
    .sort((a, b) => bitsOf(b.address) - bitsOf(a.address))
  const names = new Map<string, string>()
  for (const { label, ip } of columns) {
    const network = networks.find(({ address }) => isWithin(ip, address))
    const name = exact.get(label) ?? exact.get(ip) ?? network?.name
    if (name !== undefined) names.set(label, name)
  }
  return names
}

const bitsOf = (network: string): number => Number(network.split('/')[1])

function isWithin(ip: string, network: string): boolean {
  const [base = '', bits = ''] = network.split('/')
  const [address, start] = [numberOf(ip), numberOf(base)]
  if (address === undefined || start === undefined || address.width !== start.width) return false
  const rest = BigInt(address.width - Number(bits))
  return rest >= 0n && address.value >> rest === start.value >> rest
}

function numberOf(ip: string): { value: bigint; width: number } | undefined {
  const parts = ip.split('.')
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part)))
    return { value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n), width: 32 }
  const [head = '', tail] = ip.toLowerCase().split('::')
  const [left, right] = [head, tail ?? ''].map((half) => half.split(':').filter(Boolean))
  const zeros = Array<string>(Math.max(0, 8 - left!.length - right!.length)).fill('0')
  const groups = tail === undefined ? left! : [...left!, ...zeros, ...right!]
  if (groups.length !== 8 || !groups.every((group) => /^[0-9a-f]{1,4}$/.test(group)))
    return undefined
  return {
    value: groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n),
    width: 128,
  }
}
