// `node tools/with-bun.mjs tools/build-lambda.ts [DIRECTORY]`: the reconciler as a Lambda function.
// Writes index.mjs (everything in one file, for Node 22) and calliope-events.zip around it. The same
// sources give the same bytes: the zip has no dates, so Terraform sees a change only when there is one.
//
//   zip = [local header, name, deflated bytes] [central entry, name] [end of central directory]
import { mkdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'

const root = join(import.meta.dir, '..')
const directory = resolve(root, process.argv[2] ?? 'deploy/lambda/dist')
const NAME = 'index.mjs'
const DOS_EPOCH = 0x0021_0000 // 1980-01-01 00:00, the oldest date a zip can say
const READABLE = 0o100644 << 16 // Lambda reads the file as another user

const built = await Bun.build({
  entrypoints: [join(root, 'src/fleet/events/lambda.ts')],
  target: 'node',
  format: 'esm',
  minify: { whitespace: true, syntax: true },
})
for (const message of built.logs) console.error(message)
const code = new Uint8Array(await built.outputs[0]!.arrayBuffer())
mkdirSync(directory, { recursive: true })
await Bun.write(join(directory, NAME), code)
const archive = join(directory, 'calliope-events.zip')
await Bun.write(archive, zipOne(NAME, code))
console.log(`${archive}  ${(statSync(archive).size / 1024).toFixed(0)} KiB`)

/** A zip of one deflated file. */
function zipOne(name: string, content: Uint8Array): Buffer {
  const deflated = deflateRawSync(content, { level: 9 })
  const named = Buffer.from(name)
  const facts = Buffer.alloc(26) // what both headers say, from the version on
  facts.writeUInt16LE(20, 0)
  facts.writeUInt16LE(8, 4)
  facts.writeUInt32LE(DOS_EPOCH, 6)
  facts.writeUInt32LE(crc32(content), 10)
  facts.writeUInt32LE(deflated.length, 14)
  facts.writeUInt32LE(content.length, 18)
  facts.writeUInt16LE(named.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), facts, named, deflated])
  const tail = Buffer.alloc(14)
  tail.writeUInt32LE(READABLE >>> 0, 6)
  const unixMade = Buffer.from([20, 3])
  const central = Buffer.concat([Buffer.from('PK\x01\x02'), unixMade, facts, tail, named])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, central, end])
}
