/**
 * Which folder may import which (docs/architecture.md has the table in words). Each folder may import itself.
 * Paths are regular expressions on the module's path from the root of the checkout.
 */
const ALLOWED = {
  'src/domain': [],
  'src/protocol': [],
  'src/worker': ['src/domain'],
  'src/journal': ['src/domain'],
  'src/models': ['src/domain'],
  'src/llm-server': ['src/domain', 'src/workloads/[^/]+/(schema|json-schema)'],
  'src/hardware': ['src/domain'],
  'src/proof': ['src/domain'],
  'src/control': ['src/domain'],
  'src/platform': ['src/domain'],
  'src/config': ['src/domain'],
  'src/coordinator': ['src/domain', 'src/protocol'],
  'src/workloads': ['src/domain', 'src/protocol', 'src/engine/child'],
  'src/engine': ['src/domain', 'src/workloads'],
  'src/daemon': ['src/(?!cli/)'],
  'src/cli': ['src/domain', 'src/config', 'src/control', 'src/daemon', 'src/platform'],
  'mock-coordinator': ['src/protocol', 'src/workloads/[^/]+/schema', 'src/platform/crash-at\\.ts'],
}

const boundaries = Object.entries(ALLOWED).map(([folder, allowed]) => ({
  name: `boundary-${folder.replaceAll('/', '-')}`,
  comment: `${folder} imports ${allowed.length === 0 ? 'nothing of ours' : allowed.join(', ')} only`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { path: '^(src|mock-coordinator|tests|bench|scripts)/', pathNot: [`^${folder}/`, ...allowed.map((path) => `^${path}`)] },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...boundaries,
    {
      name: 'pure-folders',
      comment: 'domain and protocol do no input or output: no node: modules',
      severity: 'error',
      from: { path: '^src/(domain|protocol)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'schemas-are-pure',
      comment: "a workload's schema is imported by both sides: no engine code, no node: modules",
      severity: 'error',
      from: { path: '^src/workloads/[^/]+/schema\\.ts$' },
      to: { path: '^(src/engine|node:)', dependencyTypesNot: ['npm'] },
    },
    {
      name: 'daemon-loads-no-engine',
      comment: 'native inference libraries live in the engine child: a crash there costs one job, not the miner',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(engine/child|workloads/[^/]+)/' },
      to: { path: 'node_modules/(onnxruntime-node|onnxruntime-common|node-llama-cpp)/' },
    },
    {
      name: 'host-does-not-run-workloads',
      comment: "only the engine child imports a workload's run",
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(engine/child|workloads)/' },
      to: { path: '^src/workloads/[^/]+/run' },
    },
    { name: 'no-cycles', comment: 'data flows one way', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-found', comment: 'an import that leads nowhere', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // Node lists it only where it is switched on.
    builtInModules: { add: ['ffi'] },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
}
