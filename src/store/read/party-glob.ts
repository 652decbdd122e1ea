// `from:alice@*.example.com`: a party pattern with an @ is two patterns, one for the user and one for
// the domain. Without an @ it is about the user alone.
import { foldGlob, type Glob } from './glob.ts'

export interface PartyGlob {
  readonly user: Glob
  /** Lower case; undefined = any. */
  readonly domain: Glob | undefined
}

const ANY: Glob = ['', '']

/** Splits at the last @; an empty side means any. */
export function partyGlob(glob: Glob): PartyGlob {
  const piece = glob.findLastIndex((text) => text.includes('@'))
  if (piece < 0) return { user: glob, domain: undefined }
  const text = glob[piece]!
  const at = text.lastIndexOf('@')
  const user = [...glob.slice(0, piece), text.slice(0, at)]
  const domain = [text.slice(at + 1), ...glob.slice(piece + 1)]
  return { user: anyIfEmpty(user), domain: foldGlob(anyIfEmpty(domain)) }
}

function anyIfEmpty(glob: Glob): Glob {
  return glob.length === 1 && glob[0] === '' ? ANY : glob
}
