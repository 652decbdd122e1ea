// meter: spool -> metrics of SIP and media, under heplify-server's names and with its labels. A thread of its
// own with a cursor of its own; nobody waits for it.
export { METER_METRICS } from './definitions.ts'
export { METER_READER } from './meter.ts'
export { publishMeter } from './publish-meter.ts'
export { type RunningMeter, startMeter } from './start-meter.ts'
