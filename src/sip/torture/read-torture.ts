// Reads the torture messages from their text files into bytes, as RFC 4475 §2 writes them down.
import { readFileSync } from 'node:fs'

/** Name to bytes of every message in one of the files beside this one. */
export function readTorture(file: string): ReadonlyMap<string, Buffer> {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8')
  const parts = text.split(/^=== (.+)\n/m).slice(1)
  const messages = new Map<string, Buffer>()
  for (let i = 0; i < parts.length; i += 2) messages.set(parts[i]!, toBytes(parts[i + 1]!))
  return messages
}

function toBytes(text: string): Buffer {
  const latin1 = text
    .replace(/<allOneLine>\n(.*?)\n<\/allOneLine>/gs, (_, lines: string) =>
      lines.replaceAll('\n', ''),
    )
    .replace(/<repeat count=(\d+)>(.*?)<\/repeat>/g, (_, count: string, what: string) =>
      what.repeat(Number(count)),
    )
    .replaceAll('\n', '\r\n')
    .replace(/<hex>([0-9A-F]*)<\/hex>/g, (_, hex: string) =>
      Buffer.from(hex, 'hex').toString('latin1'),
    )
  return Buffer.from(latin1, 'latin1')
}
