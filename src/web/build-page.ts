// The page's files, wherever the program runs:
//
//   from source       the import below is only a path; Bun bundles the page now (some 50 ms)
//   compiled or built  Bun bundled the page into the program and the import lists what is inside
//
// Either way every file but the page itself carries a hash of its content in its name.
import { basename, isAbsolute, join } from 'node:path'
import bundle from './page/index.html'
import { PAGE_PATH } from './page/shell/page-paths.ts'

/** A file of the screen, ready to send. */
export interface PageFile {
  /** As requested, '/' or '/page-1a2b3c.js'. */
  readonly path: string
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** True when the name changes with the content, so that it may be kept for ever. */
  readonly immutable: boolean
  /** Other paths it stands at: the page is at every address that names one. */
  readonly also?: RegExp
}

/** What an HTML import is inside a bundle. */
interface Manifest {
  readonly files: readonly {
    readonly path: string
    readonly loader: string
    readonly headers: { readonly 'content-type': string }
  }[]
}

/** Every file of the screen; the one at '/' is the page. */
export const buildPage = (): Promise<PageFile[]> =>
  'files' in bundle ? embeddedFiles(bundle as unknown as Manifest) : bundledFiles(bundle.index)

const embeddedFiles = ({ files }: Manifest): Promise<PageFile[]> =>
  Promise.all(
    // Bun's own etag is not used: the API makes one for each compression.
    files.map(async ({ path, loader, headers }) =>
      pageFile(
        path,
        headers['content-type'],
        // Absolute in an executable, beside the program in a bundle.
        await Bun.file(isAbsolute(path) ? path : join(import.meta.dir, path)).bytes(),
        loader === 'html',
      ),
    ),
  )

async function bundledFiles(entry: string): Promise<PageFile[]> {
  const built = await Bun.build({
    entrypoints: [entry],
    // Addresses have paths, so files are asked for from the root.
    ...{ target: 'browser', minify: true, splitting: true, publicPath: '/' },
  })
  return Promise.all(
    built.outputs.map(async (file) =>
      pageFile(
        file.path,
        file.type,
        new Uint8Array(await file.arrayBuffer()),
        file.path.endsWith('.html'),
      ),
    ),
  )
}

const pageFile = (
  path: string,
  type: string,
  bytes: Uint8Array<ArrayBuffer>,
  isPage: boolean,
): PageFile =>
  isPage
    ? { ...{ path: '/', type, immutable: false, also: PAGE_PATH }, bytes: fromRoot(bytes) }
    : { path: `/${basename(path)}`, type, bytes, immutable: true }

// Inside a program the bundler writes './page-1a2b3c.js', which '/call/X' would look for in '/call/'.
const fromRoot = (html: Uint8Array): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(new TextDecoder().decode(html).replaceAll(/(src|href)="\.\//g, '$1="/'))
