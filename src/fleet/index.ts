// The door of the room: traffic as data, and sending it for real.

export { type AwsCredentials, awsCredentials } from './aws-credentials.ts'
export type { AwsOptions } from './events/aws-clients.ts'
export { openAwsCloud } from './events/aws-cloud.ts'
export { type FleetConfig, FleetConfigError, parseFleetConfig } from './events/config.ts'
export { type FleetStatus, readFleetStatus, type ServiceStatus } from './events/fleet-status.ts'
export { fastMetricsDuty } from './events/other-duties.ts'
export { outcomeLine } from './events/outcome-line.ts'
export { type Outcome, Reconciler } from './events/reconciler.ts'
export { ecsInventory } from './inventory/ecs-inventory.ts'
export {
  INVENTORY_FORMATS,
  type InventoryFormat,
  type InventoryNode,
  writeInventory,
} from './inventory/inventory.ts'
export { STAGES_MAX, type Stage, StagePlan } from './load/stage-plan.ts'
export {
  type LoadMoment,
  type LoadReport,
  loadReportPage,
  stageTable,
} from './load/stage-report.ts'
export { decide } from './policy/decide.ts'
export type { HelmScaling, PolicyReading, TerraformScaling } from './policy/deployed.ts'
export { describePolicy } from './policy/describe.ts'
export { ECS_ENGINE, ECS_FAST_ENGINE, HPA_ENGINE } from './policy/engines.ts'
export { fromHelm } from './policy/from-helm.ts'
export { fromPlan } from './policy/from-plan.ts'
export { type Metric, type MetricName, metricOf } from './policy/metrics.ts'
export {
  canonical,
  type ParsedPolicy,
  type PolicyProblem,
  parsePolicy,
} from './policy/parse-policy.ts'
export type { Json } from './policy/planned.ts'
export type {
  Capacity,
  Decide,
  Decision,
  Engine,
  HostLevel,
  Policy,
  PolicyState,
  Rule,
  Sample,
  Spread,
} from './policy/policy.ts'
export { PRESETS } from './policy/presets.ts'
export { initialState } from './policy/state.ts'
export { toHelm } from './policy/to-helm.ts'
export { toTerraform } from './policy/to-terraform.ts'
export { type Allowance, readAllowance } from './signals/allowance.ts'
export { readTaskMetadata, type TaskMetadata } from './signals/ecs-metadata.ts'
export {
  EMF_METRICS,
  type EmfIdentity,
  type EmfReport,
  emfLines,
} from './signals/emf.ts'
export { type EmfOutlet, type EmfTarget, openEmfOutlet } from './signals/emf-outlet.ts'
export { type LoadSignals, LoadWindow, type Reading } from './signals/load-window.ts'
export { skewOf } from './signals/skew.ts'
export { readThreadCpu } from './signals/thread-cpu.ts'
export { experimentTables } from './simulate/experiments.ts'
export { PRICES, type Prices } from './simulate/prices.ts'
export { simulationReport } from './simulate/result-report.ts'
export { type SimulationResult, simulate } from './simulate/simulate.ts'
export { summarise, textTable } from './simulate/summary.ts'
export { scaleTrace, type Trace } from './simulate/trace.ts'
export { traceOfCsv, traceOfMinutes } from './simulate/trace-csv.ts'
export { namedTrace, TRACE_NAMES } from './simulate/traces.ts'
export { RELAY, WORLD, type World, worldWith } from './simulate/world.ts'
export { type SpotNotice, spotNotice } from './spot-notice.ts'
export { TaskProtection, type TaskProtectionOptions } from './task-protection.ts'
export {
  TRAFFIC_KINDS,
  TRAFFIC_MIXES,
  type TrafficKind,
  type TrafficMix,
  type TrafficWeights,
} from './traffic/mix.ts'
export type { SendTarget } from './traffic/outlet.ts'
export {
  type SendOptions,
  type SendProgress,
  type SendSummary,
  type SendTransport,
  sendTraffic,
} from './traffic/send-traffic.ts'
export { generateTraffic, type TrafficOptions, type TrafficPacket } from './traffic/traffic.ts'
export {
  buildTrafficRing,
  type TrafficCount,
  TrafficRing,
  type TrafficRingOptions,
} from './traffic/traffic-ring.ts'
