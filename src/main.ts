// The commands of the program: a table of contents.
import { checkConfig, runCommand } from '#commands'

process.exitCode = await runCommand({ 'check-config': checkConfig }, process.argv.slice(2))
