// The two engines that run fleets, with their published defaults (reference: Application Auto Scaling
// user guide; Kubernetes HPA documentation). What AWS does not publish is a parameter here.
import type { EcsEngine, HpaEngine } from './policy.ts'

/** Target tracking out: 3 datapoints of 60 s; in: 15 of them below 0.9 of the target. */
export const ECS_ENGINE: EcsEngine = {
  kind: 'ecs',
  periodSeconds: 60,
  outPeriods: 3,
  inPeriods: 15,
  inShare: 0.9,
  inStep: 'proportional',
}

/** High-resolution service metrics (June 2026): 20 s. */
export const ECS_FAST_ENGINE: EcsEngine = { ...ECS_ENGINE, periodSeconds: 20, inPeriods: 45 }

export const HPA_ENGINE: HpaEngine = { kind: 'hpa', tolerance: 0.1 }
