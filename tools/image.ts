// `node tools/with-bun.mjs tools/image.ts [DIRECTORY]`: dist/image, an OCI image layout of Calliope, made
// without a Docker engine, and its digest. Needs Debian's apt for glibc; docs/image.md says what then.
import { join, resolve } from 'node:path'
import { version } from '../package.json' with { type: 'json' }
import { calliopeImage } from './oci/calliope-image.ts'
import { writeLayout } from './oci/layout.ts'

const root = join(import.meta.dir, '..')
const directory = resolve(root, process.argv[2] ?? 'dist/image')
const executable = join(root, 'dist/calliope')

await Bun.$`${process.execPath} ${join(import.meta.dir, 'build.ts')} ${executable}`
const revision = await Bun.$`git -C ${root} rev-parse HEAD`.nothrow().quiet().text()
const contents = await calliopeImage({
  executable: await Bun.file(executable).bytes(),
  revision: revision.trim(),
  createdSeconds: Number(process.env.SOURCE_DATE_EPOCH ?? 0),
})
const { digest, packedBytes, unpackedBytes } = await writeLayout(directory, version, contents)
const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
console.log(`${directory}  ${digest}`)
console.log(`to pull ${mib(packedBytes)}, unpacked ${mib(unpackedBytes)}`)
