// The thread of the homer7 layout's writer.
import { serveWriter } from '../write/serve-writer.ts'
import { type Homer7Options, Homer7Writer } from './homer7-writer.ts'

serveWriter<Homer7Options>((options, onTrouble) => new Homer7Writer(options, onTrouble))
