// One sandbox: a JavaScript engine compiled to WebAssembly (QuickJS) with the operator's scripts in it. It has
// no file, no network, no process and no import; all it can reach are the functions of `Host`, which speak
// text. Memory, stack and time are bounded:
//
//   time    asked every few thousand steps, inside regular expressions too. A machine that is busy with other
//           things is not the script's fault: past the clock's time, the thread's own is what counts
//   memory  of everything a script keeps; who keeps too much is begun anew by the engine above
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core'
import type { Host } from './guest.ts'
import { GUEST_SOURCE } from './guest-source.ts'
import type { ScriptModule } from './script-modules.ts'

/** Why a run came to nothing. */
export class ScriptFault extends Error {
  readonly kind: 'time' | 'memory' | 'error' | 'broken'

  constructor(kind: ScriptFault['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

export interface SandboxOptions {
  readonly modules: readonly ScriptModule[]
  readonly host: Host
  readonly runMsMax: number
  readonly memoryBytesMax: number
}

const STACK_BYTES_MAX = 256 * 1024
/** For a script's first run, which may build tables. */
const LOAD_MS_MAX = 1_000
/** A thread that is not let run for so long has other troubles than its script. */
const WAIT_MS_MAX = 1_000

/** One for all sandboxes of a thread, as long as it is sound. */
let engine: Promise<QuickJSWASMModule> | undefined

/** 3 MB and 40 ms that only those pay who have scripts. */
async function loadEngine(): Promise<QuickJSWASMModule> {
  const { default: variant } = await import('@jitl/quickjs-singlefile-mjs-release-sync')
  return newQuickJSWASMModuleFromVariant(variant)
}

/** Microseconds this thread has worked. */
function cpuUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

export class Sandbox {
  readonly #runtime: QuickJSRuntime
  readonly #context: QuickJSContext
  readonly #modules: readonly ScriptModule[]
  readonly #runMsMax: number
  readonly #true: QuickJSHandle
  readonly #false: QuickJSHandle
  #run: QuickJSHandle | undefined
  #endMs = Number.POSITIVE_INFINITY
  #endCpuUs = 0
  #isOverTime = false

  private constructor(
    runtime: QuickJSRuntime,
    { modules, runMsMax, memoryBytesMax }: SandboxOptions,
  ) {
    this.#runtime = runtime
    this.#modules = modules
    this.#runMsMax = runMsMax
    runtime.setMemoryLimit(memoryBytesMax)
    runtime.setMaxStackSize(STACK_BYTES_MAX)
    runtime.setInterruptHandler(() => this.#mustStop())
    this.#context = runtime.newContext()
    this.#true = this.#context.true
    this.#false = this.#context.false
  }

  /** Rejects with a ScriptFault when a script cannot be read or fails at once. */
  static async open(options: SandboxOptions): Promise<Sandbox> {
    engine ??= loadEngine()
    const sandbox = new Sandbox((await engine).newRuntime(), options)
    try {
      sandbox.#load(options)
      return sandbox
    } catch (error) {
      sandbox.close()
      throw error
    }
  }

  /** What the scripts set, as the JSON of `Changes`; undefined when they set nothing. Throws ScriptFault. */
  run(isSip: boolean, protocolType: number): string | undefined {
    const context = this.#context
    return this.#within(this.#runMsMax, () => {
      const type = context.newNumber(protocolType)
      const args = [isSip ? this.#true : this.#false, type]
      const result = context.callFunction(this.#run!, context.undefined, args)
      type.dispose()
      const value = this.#valueOf(result)
      const text = context.typeof(value) === 'string' ? context.getString(value) : undefined
      value.dispose()
      return text
    })
  }

  close(): void {
    try {
      this.#run?.dispose()
      this.#context.dispose()
      this.#runtime.dispose()
    } catch {
      // One that broke cannot be put away tidily; its memory goes with it.
      engine = undefined
    }
  }

  #load({ modules, host }: SandboxOptions): void {
    const context = this.#context
    using makeGuest = this.#evaluate(GUEST_SOURCE, 'calliope', 'global')
    using hosted = this.#hostObject(host)
    using guest = this.#valueOf(context.callFunction(makeGuest, context.undefined, hosted))
    using take = context.getProp(guest, 'take')
    for (const module of modules) this.#take(module, guest, take)
    this.#run = context.getProp(guest, 'run')
  }

  #take({ name, code, exports }: ScriptModule, guest: QuickJSHandle, take: QuickJSHandle): void {
    const context = this.#context
    using namespace = this.#evaluate(code, name, 'module')
    let count = 0
    for (const exported of exports) {
      using value = context.getProp(namespace, exported)
      if (context.typeof(value) !== 'function') continue
      count += 1
      using text = context.newString(exported)
      this.#valueOf(context.callFunction(take, guest, text, namespace)).dispose()
    }
    if (count > 0) return
    throw new ScriptFault('error', `script ${name}: it exports no function that could be called`)
  }

  #evaluate(code: string, name: string, type: 'global' | 'module'): QuickJSHandle {
    return this.#within(LOAD_MS_MAX, () =>
      this.#valueOf(this.#context.evalCode(code, name, { type, strict: true })),
    )
  }

  #hostObject(host: Host): QuickJSHandle {
    const context = this.#context
    const object = context.newObject()
    for (const name of ['hep', 'sip', 'payload', 'body', 'hash', 'table', 'log'] as const) {
      using answer = context.newFunction(name, (...args) => {
        const texts = args.map((arg) => context.getString(arg)) as [string, string, string]
        const said = host[name](...texts)
        return said === undefined ? context.undefined : context.newString(said)
      })
      context.setProp(object, name, answer)
    }
    return object
  }

  /** Runs `work` with so much time; what the engine throws becomes a ScriptFault. */
  #within<Result>(ms: number, work: () => Result): Result {
    this.#isOverTime = false
    this.#endMs = performance.now() + ms
    this.#endCpuUs = cpuUs() + ms * 1000
    try {
      return work()
    } catch (error) {
      if (error instanceof ScriptFault) throw error
      engine = undefined // whoever opens a sandbox next gets a sound one
      throw new ScriptFault('broken', `the sandbox broke: ${(error as Error).message}`)
    } finally {
      this.#endMs = Number.POSITIVE_INFINITY
    }
  }

  #mustStop(): boolean {
    const overMs = performance.now() - this.#endMs
    if (overMs < 0 || (cpuUs() < this.#endCpuUs && overMs < WAIT_MS_MAX)) return false
    this.#isOverTime = true
    return true
  }

  #valueOf(result: ReturnType<QuickJSContext['callFunction']>): QuickJSHandle {
    if (!result.error) return result.value
    const fault = this.#context.dump(result.error) as unknown
    result.error.dispose()
    throw this.#faultOf(fault)
  }

  /** The first place of a script in it: 'at mask (a.ts:3:9)'. */
  #placeIn(stack: string): string {
    for (const { name, place } of this.#modules) {
      const line = stack.split(`${name}:`)[1]?.match(/^\d+/)?.[0]
      if (line !== undefined) return place(Number(line))
    }
    return ''
  }

  #faultOf(fault: unknown): ScriptFault {
    if (this.#isOverTime) return new ScriptFault('time', 'a script took too long')
    const { name = '', message = String(fault), stack = '' } = (fault ?? {}) as Partial<Error>
    const where = this.#placeIn(stack)
    const text = `${name}${name && ': '}${message}${where && ` (${where})`}`
    return new ScriptFault(/out of memory/.test(message) ? 'memory' : 'error', text)
  }
}
