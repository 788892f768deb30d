import type Library from 'onnxruntime-node'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { EngineSettings } from './engine-settings.ts'
import type { EngineIdentity } from './engine-identity.ts'

/** ONNX Runtime on the CPU, its sessions kept between jobs. */
export class OnnxEngine {
  readonly #library: typeof Library
  readonly #settings: EngineSettings
  readonly #sessions = new Map<string, Promise<InferenceSession>>()

  private constructor(library: typeof Library, settings: EngineSettings) {
    this.#library = library
    this.#settings = settings
  }

  /** Loads the library. */
  static async start(settings: EngineSettings): Promise<OnnxEngine> {
    return new OnnxEngine((await import('onnxruntime-node')).default, settings)
  }

  get identity(): EngineIdentity {
    return { name: 'onnxruntime', version: this.#library.env.versions.node ?? 'unknown', backend: 'cpu', device: 'cpu' }
  }

  /** The session of a model, made on first use; `key` tells models apart. */
  session(key: string, makeModel: () => Uint8Array): Promise<InferenceSession> {
    const known = this.#sessions.get(key)
    if (known !== undefined) return known
    const session = this.#library.InferenceSession.create(makeModel(), {
      executionProviders: ['cpu'],
      ...(this.#settings.threads > 0 ? { intraOpNumThreads: this.#settings.threads } : {}),
      logSeverityLevel: 3,
    })
    this.#sessions.set(key, session)
    session.catch(() => this.#sessions.delete(key))
    return session
  }

  floatTensor(data: Float32Array<ArrayBuffer>, dimensions: readonly number[]): Tensor {
    return new this.#library.Tensor('float32', data, dimensions)
  }
}
