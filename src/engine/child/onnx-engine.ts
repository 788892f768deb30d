import { totalmem } from 'node:os'
import type Library from 'onnxruntime-node'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { EngineIdentity } from './engine-identity.ts'
import type { EngineBackend, EngineSettings } from './engine-settings.ts'
import { firstThatStarts } from './first-that-starts.ts'
import { squareModel } from './onnx-graph.ts'
import type { ModelFile } from './run-context.ts'
import { SessionShelf } from './session-shelf.ts'

type TensorData = Tensor.DataType | readonly number[] | readonly bigint[] | readonly string[] | readonly boolean[]

/** A session takes about twice the size of its file: the weights as they are, and as they are laid out for computing. */
const SESSION_FACTOR = 2
/** How much of the operator's limit, or else of this machine's memory, models may keep between jobs. */
const KEPT_SHARE = 0.5
const MIB = 1024 * 1024

/** What the files of the models that are kept may have together. */
function roomFor({ ramMb }: EngineSettings): number {
  const memory = ramMb === null ? Math.min(totalmem(), process.constrainedMemory() || Infinity) : ramMb * MIB
  return (memory * KEPT_SHARE) / SESSION_FACTOR
}

/** ONNX Runtime on one device, its sessions kept between jobs. */
export class OnnxEngine {
  readonly #library: typeof Library
  readonly #settings: EngineSettings
  readonly #backend: EngineBackend
  readonly #models: SessionShelf<InferenceSession>
  readonly #own = new Map<string, Promise<InferenceSession>>()

  private constructor(library: typeof Library, settings: EngineSettings, backend: EngineBackend) {
    this.#library = library
    this.#settings = settings
    this.#backend = backend
    this.#models = new SessionShelf(roomFor(settings))
  }

  /** Loads the library, on the first back end that can run a model here. */
  static async start(settings: EngineSettings): Promise<OnnxEngine> {
    const library = (await import('onnxruntime-node')).default
    return firstThatStarts(settings.backends, async (backend) => {
      const engine = new OnnxEngine(library, settings, backend)
      if (backend !== 'cpu') await engine.#try()
      return engine
    })
  }

  get identity(): EngineIdentity {
    return {
      name: 'onnxruntime',
      version: this.#library.env.versions.node ?? 'unknown',
      backend: this.#backend,
      device: this.#backend,
    }
  }

  get mode(): 'gpu' | 'cpu' {
    return this.#backend === 'cpu' ? 'cpu' : 'gpu'
  }

  /**
   * The session of a file of a model, made on first use and kept while there is room. Rejects with what ONNX Runtime says of the
   * file.
   */
  fileSession({ sha256: id, bytes }: Pick<ModelFile, 'sha256' | 'bytes'>, path: string): Promise<InferenceSession> {
    return this.#models.session({ id, bytes }, path, () => this.#library.InferenceSession.create(path, this.#options()))
  }

  /** The session of a small model made in memory, kept for good. */
  session(key: string, makeModel: () => Uint8Array): Promise<InferenceSession> {
    const known = this.#own.get(key)
    if (known !== undefined) return known
    const session = this.#library.InferenceSession.create(makeModel(), this.#options())
    this.#own.set(key, session)
    session.catch(() => this.#own.delete(key))
    return session
  }

  /** A tensor over `data`, which is not copied. */
  tensor(type: Tensor.Type, data: TensorData, dimensions: readonly number[]): Tensor {
    const tensor = new this.#library.Tensor(type, data, dimensions)
    if (tensor.data instanceof Float16Array) {
      // The library makes a Float16Array of every float16 tensor and its native part takes none: it reads these bits.
      const { buffer, byteOffset, length } = tensor.data
      Object.defineProperty(tensor, 'data', { value: new Uint16Array(buffer, byteOffset, length) })
    }
    return tensor
  }

  /** A GPU back end shows whether it works only when it computes. */
  async #try(): Promise<void> {
    const session = await this.#library.InferenceSession.create(squareModel(), this.#options())
    const two = this.tensor('float32', Float32Array.of(2), [1])
    const { y } = await session.run({ x: two })
    if (y === undefined || (await y.getData())[0] !== 4) throw new Error('it computes 2 · 2 wrong')
    await session.release()
  }

  #options(): InferenceSession.SessionOptions {
    const { threads } = this.#settings
    return {
      executionProviders: this.#backend === 'cpu' ? ['cpu'] : [this.#backend === 'cuda' ? 'cuda' : 'webgpu', 'cpu'],
      ...(threads > 0 ? { intraOpNumThreads: threads } : {}),
      logSeverityLevel: 3,
    }
  }
}
