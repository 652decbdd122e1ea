// Graphs go beside the page that shows them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawGraph, type GraphOptions } from './graph.ts'

const IMAGES = join(import.meta.dir, '../docs/images')

/** Writes docs/images/bench-NAME.svg unless it is only a trial; what shows it in the page. */
export function publishGraph(name: string, graph: GraphOptions, isTrial: boolean): string {
  const svg = drawGraph(graph)
  if (!isTrial) {
    mkdirSync(IMAGES, { recursive: true })
    writeFileSync(join(IMAGES, `bench-${name}.svg`), svg)
  }
  return `![${graph.title}](images/bench-${name}.svg)`
}
