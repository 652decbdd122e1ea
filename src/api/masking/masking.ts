// What may be hidden from a role, as the settings keep it: contract-people.ts has the shape.
export type { Masking, MaskingPolicy } from '#contract'
