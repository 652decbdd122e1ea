// What aws-schema.json holds: the shape of each Terraform type, as small as it goes.
import schema from './aws-schema.json'

/** A Terraform type as its wire format has it: "string", ["set","string"], ["object",{…}]. */
export type CtyType =
  | string
  | readonly ['list' | 'set' | 'map', CtyType]
  | readonly ['object', Readonly<Record<string, CtyType>>]

export interface BlockSchema {
  /** name → flags (r required, o optional, c computed) and type. */
  readonly attributes: Record<string, readonly [flags: string, type: CtyType]>
  readonly blocks: Record<string, NestedBlock>
}

export interface NestedBlock extends BlockSchema {
  readonly nesting: 'single' | 'list' | 'set'
  readonly min: number
  /** 0 = as many as wanted. */
  readonly max: number
}

export interface AwsSchema {
  /** Of the AWS provider it was taken from. */
  readonly version: string
  readonly resources: Record<string, BlockSchema>
  readonly data: Record<string, BlockSchema>
}

export const awsSchema = schema as unknown as AwsSchema
