import { certificateFile } from './certificate-file.ts'
import {
  absolutePath,
  baseUrl,
  boolean,
  choice,
  decimal,
  integer,
  list,
  optional,
  optionalPath,
  paths,
  secret,
  text,
} from './value-types.ts'
import type { ValueType } from './value-types.ts'

/** The headings under which the keys stand in `miner.conf.example` and `docs/config.md`. */
export const GROUPS = {
  main: 'What to set first',
  files: 'Files and folders',
  coordinator: 'Talking to the coordinator',
  work: 'Running jobs',
  gpu: 'GPUs',
  models: 'Models and inputs',
  llm: 'Language models',
  stopping: 'Stopping',
} as const

/** One setting of `miner.conf`. */
export interface KeySpec<T> {
  readonly group: keyof typeof GROUPS
  readonly type: ValueType<T>
  /** As it would stand between the quotes in the file. */
  readonly default: string
  /** What may stand in the value and is replaced; everything else with a `$` is an error (except in a secret). */
  readonly expands: readonly Expansion[]
  /** One line for an operator, without the range and the default. */
  readonly doc: string
}

/** The only substitutions there are. They are replaced as text; nothing is ever executed. */
export type Expansion = '$(hostname)' | '${HOSTNAME}' | '${STATE_DIR}'

function key<T>(
  group: keyof typeof GROUPS,
  type: ValueType<T>,
  rest: { readonly default: string; readonly doc: string; readonly expands?: readonly Expansion[] },
): KeySpec<T> {
  return { group, type, expands: [], ...rest }
}

const seconds = (min: number, max: number): ValueType<number> => decimal({ min, max, unit: 'seconds' })

const DAY_S = 86_400

/** Every setting there is. `miner.conf.example` and `docs/config.md` are written from this table. */
export const KEYS = {
  COORD_URL: key('main', baseUrl(), {
    default: 'https://coordinator.example.net',
    doc: 'Coordinator base URL',
  }),
  WALLET_ADDR: key('main', text(/^[!-~]{1,256}$/, 'a wallet address: 1 to 256 printable characters without spaces'), {
    default: 'wallet_demo',
    doc: 'Your payout address',
  }),
  API_KEY: key('main', secret(/^[!-~]{1,4096}$/, 'a key of 1 to 4096 printable characters without spaces'), {
    default: 'CHANGE_ME',
    doc: 'Wallet-issued key for auth',
  }),
  MINER_ID: key('main', text(/^[A-Za-z0-9._:-]{1,128}$/, 'a name of 1 to 128 characters A-Z a-z 0-9 . _ : -'), {
    default: '$(hostname)-gpu0',
    expands: ['$(hostname)', '${HOSTNAME}'],
    doc: 'Any stable node label, unlike that of your other miners',
  }),
  WORK_DIR: key('main', absolutePath(), {
    default: '/tmp/aitbc-work',
    doc: 'Scratch space; each job gets a folder in it, removed after the job',
  }),
  HEARTBEAT_SECS: key('main', seconds(0.1, 3600), {
    default: '20',
    doc: 'Health ping interval; it also renews the leases of running jobs',
  }),
  JOB_POLL_SECS: key('main', seconds(0.05, 3600), {
    default: '3',
    doc: 'Fetch cadence where the coordinator does not hold the request (see POLL_WAIT_SECS)',
  }),
  MAX_CONCURRENCY: key('main', integer({ min: 1, max: 256, unit: 'jobs' }), {
    default: '1',
    doc: 'Inference job slots: how many jobs may run at a time',
  }),
  ACCEL_MODE: key('main', choice(['auto', 'gpu', 'cpu']), {
    default: 'auto',
    doc: 'GPU modes: auto takes a GPU if there is one, gpu warns when there is none, cpu never uses one',
  }),

  STATE_DIR: key('files', absolutePath(), {
    default: '/var/lib/aitbc-miner',
    doc: 'Journal of jobs, node key and fetched models; keep it across restarts',
  }),
  LOG_FILE: key('files', optionalPath(), {
    default: '/var/log/aitbc-miner.log',
    doc: 'Log file, one JSON object a line; "" for none (the systemd journal has the log as well)',
  }),
  LOG_LEVEL: key('files', choice(['error', 'warn', 'info', 'debug']), {
    default: 'info',
    doc: 'How much to log',
  }),
  CONTROL_SOCKET: key('files', absolutePath(), {
    default: '${STATE_DIR}/control.sock',
    expands: ['${STATE_DIR}'],
    doc: 'Unix socket that "aitbc-miner status" asks; at most 107 bytes long',
  }),

  POLL_WAIT_SECS: key('coordinator', seconds(0, 60), {
    default: '20',
    doc: 'How long the coordinator may hold a request for work until a job fits; 0 polls every JOB_POLL_SECS',
  }),
  REQUEST_TIMEOUT_SECS: key('coordinator', seconds(0.1, 600), {
    default: '30',
    doc: 'Give up a request after this time (held requests: this much longer than they are held)',
  }),
  DELIVERY_DEADLINE_HOURS: key('coordinator', decimal({ min: 0.01, max: 720, unit: 'hours' }), {
    default: '24',
    doc: 'Keep trying to deliver a finished result for this long',
  }),
  ALLOW_INSECURE_HTTP: key('coordinator', boolean(), {
    default: 'false',
    doc: 'Send the API key over plain http:// to hosts other than this one; anyone on the way can read it',
  }),
  COORD_CA_FILE: key('coordinator', optional(certificateFile()), {
    default: '',
    doc: 'Take the certificate of the coordinator only from these authorities (or if it is one of these), not from those that everybody trusts',
  }),

  WORKLOADS: key('work', list(/^[A-Za-z0-9_.-]{1,64}$/, 'names of workloads, separated by commas'), {
    default: '',
    doc: 'Workloads to offer, separated by commas; "" offers all that this machine can run',
  }),
  MAX_RUNTIME_S: key('work', integer({ min: 1, max: 7 * DAY_S, unit: 'seconds' }), {
    default: '3600',
    doc: 'End a job that runs longer',
  }),
  MAX_RAM_MB: key('work', integer({ min: 0, max: 16_777_216, unit: 'MiB' }), {
    default: '0',
    doc: "End a job whose engine takes more memory, in MiB; 0 sets no limit beyond the job's own",
  }),
  MAX_OUTPUT_MB: key('work', integer({ min: 1, max: 16_384, unit: 'MiB' }), {
    default: '64',
    doc: 'Refuse an output larger than this, in MiB',
  }),
  ENGINE_THREADS: key('work', integer({ min: 0, max: 1024, unit: 'threads' }), {
    default: '0',
    doc: 'CPU threads of an engine; 0 lets the miner choose',
  }),
  ENGINE_SANDBOX: key('work', choice(['auto', 'required', 'off']), {
    default: 'auto',
    doc: 'Keep engines from the network and from foreign files: auto as far as the kernel can, required or not at all, off never',
  }),
  ENGINE_IDLE_SECS: key('work', seconds(1, 7 * DAY_S), {
    default: '300',
    doc: 'Unload an engine and its models when they had nothing to do for this long',
  }),
  MAX_PROMPT_KB: key('work', integer({ min: 1, max: 65_536, unit: 'KiB' }), {
    default: '1024',
    doc: 'Refuse a prompt longer than this, in KiB of UTF-8',
  }),
  MAX_IMAGE_PIXELS: key('work', integer({ min: 64, max: 268_435_456, unit: 'pixels' }), {
    default: '4194304',
    doc: 'Refuse to draw an image of more pixels, width times height',
  }),

  GPU_DEVICES: key('gpu', list(/^[A-Za-z0-9:._/-]{1,96}$/, 'names of GPUs, separated by commas'), {
    default: 'all',
    doc: 'GPUs to use, separated by commas: all, none, or indices, UUIDs or PCI addresses as nvidia-smi -L and lspci tell them',
  }),
  MAX_VRAM_MB: key('gpu', integer({ min: 0, max: 16_777_216, unit: 'MiB' }), {
    default: '0',
    doc: "Use no more memory of a GPU for a job than this, in MiB; 0 sets no limit beyond the job's own and what is free",
  }),

  MODEL_DIR: key('models', absolutePath(), {
    default: '${STATE_DIR}/models',
    expands: ['${STATE_DIR}'],
    doc: 'Fetched models',
  }),
  MODEL_QUOTA_GB: key('models', decimal({ min: 0, max: 1_000_000, unit: 'GiB' }), {
    default: '100',
    doc: 'Disk space for fetched models, in GiB: beyond it those that were not used for longest are removed; 0 sets no limit',
  }),
  MODEL_CATALOGUE: key('models', optionalPath(), {
    default: '/etc/aitbc/models.json',
    doc: 'Your own models by name, in the form of the bundled models/catalogue.json; need not be there',
  }),
  MODEL_HOSTS: key(
    'models',
    list(/^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$|^\*$/, 'host names, separated by commas'),
    {
      default: 'huggingface.co,*.huggingface.co,*.hf.co',
      doc: 'Hosts that jobs may have models and inputs fetched from, over https; *.example.org stands for all below it, * for every public host',
    },
  ),
  MODEL_PATHS: key('models', paths(), {
    default: '',
    doc: 'Folders, separated by commas, from which jobs may name models and inputs by file: URI; "" for none',
  }),
  ALLOW_PRIVATE_HOSTS: key('models', boolean(), {
    default: 'false',
    doc: 'Let jobs have models and inputs fetched from private and loopback addresses too; then http:// is allowed for those',
  }),
  MAX_INPUT_MB: key('models', integer({ min: 1, max: 1_048_576, unit: 'MiB' }), {
    default: '256',
    doc: 'Refuse a job whose inputs together are larger, in MiB',
  }),
  HF_TOKEN: key('models', optional(secret(/^[!-~]{1,4096}$/, 'a token of 1 to 4096 printable characters without spaces')), {
    default: '',
    doc: 'Token for models on huggingface.co that need one; sent nowhere else',
  }),

  LLM_BACKEND: key('llm', choice(['llama', 'http']), {
    default: 'llama',
    doc: 'Where llm_gen runs: llama in this miner, http on a server with the OpenAI API (vLLM, SGLang, llama-server, Ollama, TGI)',
  }),
  LLM_URL: key('llm', optional(baseUrl()), {
    default: '',
    doc: 'Base URL of that server, up to but without /v1',
  }),
  LLM_API_KEY: key('llm', optional(secret(/^[!-~]{1,4096}$/, 'a key of 1 to 4096 printable characters without spaces')), {
    default: '',
    doc: 'Key for that server, if it wants one',
  }),
  LLM_CONCURRENCY: key('llm', integer({ min: 1, max: 4096, unit: 'requests' }), {
    default: '8',
    doc: 'Requests to that server at a time; as many jobs run at a time then, if that is more than MAX_CONCURRENCY',
  }),
  LLM_CONTEXT_TOKENS: key('llm', integer({ min: 0, max: 16_777_216, unit: 'tokens' }), {
    default: '0',
    doc: 'Context of each llm_gen job on this machine, in tokens; 0 takes what the model was trained for, as far as memory allows',
  }),

  DRAIN_SECS: key('stopping', seconds(0, DAY_S), {
    default: '60',
    doc: 'On stop, how long running jobs may go on to their end',
  }),
  CANCEL_GRACE_SECS: key('stopping', seconds(0, 600), {
    default: '10',
    doc: 'How long a canceled job may take to end by itself before its engine is killed',
  }),
} as const satisfies Record<string, KeySpec<unknown>>

export type KeyName = keyof typeof KEYS

/** The value that a key holds once it is checked. */
export type KeyValue<K extends KeyName> = (typeof KEYS)[K] extends KeySpec<infer T> ? T : never

/** Whether the table has a key of this very name. */
export function isKeyName(name: string): name is KeyName {
  return Object.hasOwn(KEYS, name)
}

/** All keys, in the order of the file. */
export function keyNames(): KeyName[] {
  return Object.keys(KEYS).filter(isKeyName)
}
