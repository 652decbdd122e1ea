// Who reads our standard output may go before we end: `calliope tail | head -1`, a log collector that restarts.

/** 128 + SIGPIPE, as shells say it. */
const EXIT_NOBODY_READS = 141

const isGone = (error: Error): boolean => (error as NodeJS.ErrnoException).code === 'EPIPE'

/** A command that only shows things ends without a word, as those of Unix do. */
export function endWithReader(): void {
  listen((error) => {
    if (isGone(error)) process.exit(EXIT_NOBODY_READS)
    throw error
  })
}

/** A node goes on: what it says there is worth less than what it captures. */
export function outliveReader(): void {
  listen(() => {})
}

function listen(onError: (error: Error) => void): void {
  process.stdout.removeAllListeners('error').on('error', onError)
}
