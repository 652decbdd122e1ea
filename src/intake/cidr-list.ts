// A list of addresses and blocks ("10.0.0.0/8", "2001:db8::/32", "192.0.2.7"). Looking an address up
// costs about a microsecond, so callers remember the answer for each source (source-table.ts).
import { BlockList, isIP } from 'node:net'
import { IntakeError } from './intake-error.ts'
import { peerAddress } from './peer-address.ts'

/** Answers whether an address is in one of the blocks; refuses text that is no block. */
export class CidrList {
  readonly #blocks = new BlockList()

  constructor(blocks: readonly string[]) {
    for (const block of blocks) this.#add(block)
  }

  has(ip: string): boolean {
    const family = isIP(ip)
    return family !== 0 && this.#blocks.check(ip, family === 6 ? 'ipv6' : 'ipv4')
  }

  #add(block: string): void {
    const [written = '', bits, more] = block.split('/')
    const ip = peerAddress(written)
    const family = isIP(ip)
    const widest = family === 6 ? 128 : 32
    const mapped = ip === written ? 0 : 96 // ::ffff:10.0.0.0/104 is 10.0.0.0/8
    const prefix = bits === undefined ? widest : Number(bits) - mapped
    const wellFormed = more === undefined && (bits === undefined || /^\d{1,3}$/.test(bits))
    if (family === 0 || !wellFormed || prefix < 0 || prefix > widest) throw notABlock(block)
    this.#blocks.addSubnet(ip, prefix, family === 6 ? 'ipv6' : 'ipv4')
  }
}

const notABlock = (block: string): IntakeError =>
  new IntakeError(
    'INTAKE_BAD_OPTION',
    `'${block}' is no address or block; write it like 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32`,
  )
