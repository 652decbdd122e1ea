// A Terraform provider that knows the shape of AWS's types and nothing else: with it `terraform
// validate` and `terraform test` (mock_provider) work without a registry, an account or a network.
// Terraform starts it through dev_overrides (terraform.ts), reads one line with the socket's address
// from its output, and talks gRPC. Never use it to apply anything: it cannot.
//
// Limits: shapes only. Enumerations, conflicts and what forces a replacement are the real
// provider's to know; plan-rig.ts checks the enumerations against the AWS SDK instead.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type sendUnaryData,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { awsSchema, type BlockSchema } from './aws-schema.ts'

const NESTING = { single: 1, list: 2, set: 3 }

// What the examples may say about the provider; the package the rest comes from does not describe it.
const PROVIDER: BlockSchema = {
  attributes: { region: ['o', 'string'], profile: ['o', 'string'] },
  blocks: {
    default_tags: {
      nesting: 'list',
      min: 0,
      max: 1,
      attributes: { tags: ['o', ['map', 'string']] },
      blocks: {},
    },
  },
}

const wireSchema = (block: BlockSchema) => ({ version: 0, block: wireBlock(block) })

const wireBlock = (block: BlockSchema): object => ({
  version: 0,
  attributes: Object.entries(block.attributes).map(([name, [flags, type]]) => ({
    name,
    type: Buffer.from(JSON.stringify(type)),
    required: flags.includes('r'),
    optional: flags.includes('o'),
    computed: flags.includes('c'),
  })),
  block_types: Object.entries(block.blocks).map(([name, nested]) => ({
    type_name: name,
    nesting: NESTING[nested.nesting],
    min_items: nested.nesting === 'single' ? 0 : nested.min,
    max_items: nested.nesting === 'single' ? 0 : nested.max,
    block: wireBlock(nested),
  })),
})

const wireSchemas = (blocks: Record<string, BlockSchema>) =>
  Object.fromEntries(Object.entries(blocks).map(([type, block]) => [type, wireSchema(block)]))

const answer =
  (value: object) => (_call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<object>) =>
    reply(null, value)

const nothing = answer({})

function serve(): void {
  const server = new Server()
  const socket = join(mkdtempSync(join(tmpdir(), 'tf-provider-')), 'socket')
  server.addService(serviceOf('provider.proto', 'tfplugin6.Provider'), {
    GetProviderSchema: answer({
      provider: wireSchema(PROVIDER),
      resource_schemas: wireSchemas(awsSchema.resources),
      data_source_schemas: wireSchemas(awsSchema.data),
    }),
    ValidateProviderConfig: nothing,
    ValidateResourceConfig: nothing,
    ValidateDataResourceConfig: nothing,
    ConfigureProvider: nothing,
    StopProvider: nothing,
  })
  server.addService(serviceOf('plugin.proto', 'plugin.GRPCController'), {
    Shutdown: (_call: unknown, reply: sendUnaryData<object>) => {
      reply(null, {})
      setImmediate(() => process.exit(0))
    },
  })
  server.addService(serviceOf('plugin.proto', 'plugin.GRPCStdio'), { StreamStdio: () => {} })
  server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
    if (error) throw error
    process.stdout.write(`1|6|unix|${socket}|grpc\n`)
  })
}

function serviceOf(file: string, path: string) {
  const definition = loadSync(join(import.meta.dir, file), { keepCase: true })
  const [scope, name] = path.split('.') as [string, string]
  const root = loadPackageDefinition(definition)[scope] as Record<string, ServiceClientConstructor>
  return root[name]!.service
}

serve()
