// The process's Prometheus registry. Counters are declared at the foot of the file that increments
// them; worker threads do not use it: they count in shared memory (see ledger.ts) and `main` reads.
import { Registry } from 'prom-client'

export const registry = new Registry()
