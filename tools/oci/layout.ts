// An OCI image layout on disk (opencontainers/image-spec 1.1), which skopeo, umoci, podman and buildah
// read, and any registry takes:
//
//   oci-layout  index.json ──▶ manifest ──▶ config, layers      all blobs under blobs/sha256/DIGEST
//
// Nothing in it tells when or where it was made: the same input is the same digest.
import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type TarEntry, tarOf } from './tar.ts'

export interface Layer {
  readonly entries: readonly TarEntry[]
  /** What made it, in the image's history. */
  readonly made: string
}

export interface ImageContents {
  readonly architecture: 'amd64' | 'arm64'
  /** The runtime part of the image configuration: User, Entrypoint … */
  readonly config: Readonly<Record<string, unknown>>
  readonly annotations: Readonly<Record<string, string>>
  /** Bottom first. */
  readonly layers: readonly Layer[]
  /** RFC 3339; what SOURCE_DATE_EPOCH says, or 1970. */
  readonly created: string
}

export interface BuiltImage {
  readonly directory: string
  /** Of the manifest: what a deployment pins. */
  readonly digest: string
  /** What a registry stores and a node pulls. */
  readonly packedBytes: number
  readonly unpackedBytes: number
}

interface Blob {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

const TYPE = 'application/vnd.oci.image'

/** Writes the layout; what was in `directory` goes. The index names the image `tag`. */
export async function writeLayout(
  directory: string,
  tag: string,
  { architecture, config, annotations, layers, created }: ImageContents,
): Promise<BuiltImage> {
  const blobs = join(directory, 'blobs/sha256')
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(blobs, { recursive: true })
  const put = async (mediaType: string, bytes: Uint8Array): Promise<Blob> => {
    const hex = createHash('sha256').update(bytes).digest('hex')
    await Bun.write(join(blobs, hex), bytes)
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
  }
  const putJson = (mediaType: string, value: unknown) =>
    put(mediaType, Buffer.from(JSON.stringify(value)))

  const tars = layers.map(({ entries }) => tarOf(entries))
  const packed: Blob[] = []
  for (const tar of tars) packed.push(await put(`${TYPE}.layer.v1.tar+gzip`, gzip(tar)))
  const configBlob = await putJson(`${TYPE}.config.v1+json`, {
    ...{ created, architecture, os: 'linux', config },
    rootfs: { type: 'layers', diff_ids: tars.map((tar) => `sha256:${hashOf(tar)}`) },
    history: layers.map(({ made }) => ({ created, created_by: made })),
  })
  const manifest = await putJson(`${TYPE}.manifest.v1+json`, {
    ...{ schemaVersion: 2, mediaType: `${TYPE}.manifest.v1+json` },
    ...{ config: configBlob, layers: packed, annotations },
  })
  await Bun.write(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const entry = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': tag } }
  const index = { schemaVersion: 2, mediaType: `${TYPE}.index.v1+json`, manifests: [entry] }
  await Bun.write(join(directory, 'index.json'), JSON.stringify(index))
  return {
    ...{ directory, digest: manifest.digest },
    packedBytes: [configBlob, ...packed].reduce((sum, { size }) => sum + size, 0),
    unpackedBytes: tars.reduce((sum, { length }) => sum + length, 0),
  }
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

// Every engine reads gzip; its header holds a time and an operating system, which are zeroed here.
function gzip(tar: Uint8Array): Uint8Array {
  const bytes = Bun.gzipSync(tar as Uint8Array<ArrayBuffer>, { level: 6 })
  bytes.fill(0, 4, 8)
  bytes[9] = 255
  return bytes
}
