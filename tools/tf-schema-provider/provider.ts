// A Terraform provider that knows the shape of AWS's types and nothing else: with it `terraform
// validate` and `terraform test` (mock_provider) work without a registry, an account or a network.
// Terraform does not start it but is told where it listens (TF_REATTACH_PROVIDERS), so that one serves
// many runs, and talks gRPC. Never use it to apply anything: it cannot.
//
// Limits: shapes only. Enumerations, conflicts and what forces a replacement are the real
// provider's to know; plan-rig.ts checks the enumerations against the AWS SDK instead.
import { mkdtempSync, rmSync } from 'node:fs'
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

/** A running provider; terraform finds it through `environment`. */
export interface SchemaProvider {
  readonly environment: Readonly<Record<string, string>>
  close(): void
}

/** Serves the schemas on a socket of its own until closed; any number of terraforms may use it. */
export async function startProvider(): Promise<SchemaProvider> {
  const server = new Server()
  const folder = mkdtempSync(join(tmpdir(), 'tf-provider-'))
  const socket = join(folder, 'socket')
  addServices(server)
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    ),
  )
  const reattach = {
    ...{ Protocol: 'grpc', ProtocolVersion: 6, Pid: process.pid, Test: true },
    Addr: { Network: 'unix', String: socket },
  }
  return {
    environment: { TF_REATTACH_PROVIDERS: JSON.stringify({ 'hashicorp/aws': reattach }) },
    close: () => {
      server.forceShutdown()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function addServices(server: Server): void {
  server.addService(serviceOf('provider.proto', 'tfplugin6.Provider'), {
    GetProviderSchema: answer(schemas()),
    ValidateProviderConfig: nothing,
    ValidateResourceConfig: nothing,
    ValidateDataResourceConfig: nothing,
    ConfigureProvider: nothing,
    StopProvider: nothing,
  })
  server.addService(serviceOf('plugin.proto', 'plugin.GRPCController'), { Shutdown: nothing })
  server.addService(serviceOf('plugin.proto', 'plugin.GRPCStdio'), { StreamStdio: () => {} })
}

const schemas = () => ({
  provider: wireSchema(PROVIDER),
  resource_schemas: wireSchemas(awsSchema.resources),
  data_source_schemas: wireSchemas(awsSchema.data),
  server_capabilities: { get_provider_schema_optional: true },
})

function serviceOf(file: string, path: string) {
  const definition = loadSync(join(import.meta.dir, file), { keepCase: true })
  const [scope, name] = path.split('.') as [string, string]
  const root = loadPackageDefinition(definition)[scope] as Record<string, ServiceClientConstructor>
  return root[name]!.service
}
