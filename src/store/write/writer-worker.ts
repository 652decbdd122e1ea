// The thread of the calls layout's writer.
import { serveWriter } from './serve-writer.ts'
import { Writer, type WriterOptions } from './writer.ts'

serveWriter<WriterOptions>((options, onTrouble) => new Writer(options, onTrouble))
