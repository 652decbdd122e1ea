// The process's Prometheus registry, and what its metrics are made of. Counters are declared at the foot of
// the file that increments them; worker threads do not use it: they count in shared memory (see
// ledger.ts) and `main` reads.
//
// Of prom-client its parts are loaded, not its front: that loads clustering, an HTTP client and tracing too,
// which nobody here uses, and takes 5 MB (docs/decisions/0031).
import type * as PromClient from 'prom-client'

export const Registry = require('prom-client/lib/registry.js') as typeof PromClient.Registry
export const Counter = require('prom-client/lib/counter.js') as typeof PromClient.Counter
export const Gauge = require('prom-client/lib/gauge.js') as typeof PromClient.Gauge
export const Histogram = require('prom-client/lib/histogram.js') as typeof PromClient.Histogram
export type Registry = PromClient.Registry
export type Counter<Label extends string = string> = PromClient.Counter<Label>
export type Gauge<Label extends string = string> = PromClient.Gauge<Label>
export type { Metric } from 'prom-client'

export const registry = new Registry()
