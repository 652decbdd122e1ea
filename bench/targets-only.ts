// Draws the head of docs/benchmarks.md anew from what the parts hold, and prints it.
import type { BenchOptions } from './options.ts'
import { redrawHead } from './page.ts'

export async function targets({ isTrial }: BenchOptions): Promise<void> {
  process.stdout.write(`${redrawHead({ isTrial })}\n`)
}
