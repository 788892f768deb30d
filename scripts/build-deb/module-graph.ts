import { z } from 'zod'
import { runTool } from './run-tool.ts'

const ReportSchema = z.object({
  modules: z.array(
    z.object({
      source: z.string(),
      dependencies: z.array(
        z.object({ resolved: z.string(), module: z.string(), coreModule: z.boolean(), dependencyTypes: z.array(z.string()) }),
      ),
    }),
  ),
})

/** What a program consists of. */
export interface Program {
  /** Its sources, from the root of the checkout. */
  readonly sources: ReadonlySet<string>
  /** The npm packages that they import. */
  readonly packages: ReadonlySet<string>
}

/** Which source imports what, read by dependency-cruiser; imports of types alone do not count. */
export class ModuleGraph {
  readonly #imports: ReadonlyMap<string, z.infer<typeof ReportSchema>['modules'][number]['dependencies']>

  private constructor(report: z.infer<typeof ReportSchema>) {
    this.#imports = new Map(report.modules.map(({ source, dependencies }) => [source, dependencies]))
  }

  static read(): ModuleGraph {
    const json = runTool(['depcruise', '--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'src', 'mock-coordinator'])
    return new ModuleGraph(ReportSchema.parse(JSON.parse(json)))
  }

  /** The sources below a folder of the checkout. */
  sourcesIn(folder: string): readonly string[] {
    return [...this.#imports.keys()].filter((source) => source.startsWith(`${folder}/`) && !source.endsWith('.d.ts'))
  }

  /** All that is reached from these sources. Throws for an entry that does not exist. */
  program(entries: readonly string[]): Program {
    const sources = new Set<string>()
    const packages = new Set<string>()
    const toVisit = [...entries]
    for (let source = toVisit.pop(); source !== undefined; source = toVisit.pop()) {
      if (sources.has(source)) continue
      sources.add(source)
      const imports = this.#imports.get(source)
      if (imports === undefined) throw new Error(`${source} is not among the sources that dependency-cruiser read`)
      for (const { resolved, module, coreModule, dependencyTypes } of imports) {
        if (coreModule || dependencyTypes.includes('type-only')) continue
        if (dependencyTypes.some((type) => type.startsWith('npm'))) packages.add(packageName(module))
        else if (resolved.endsWith('.ts')) toVisit.push(resolved)
      }
    }
    return { sources, packages }
  }
}

/** `undici` of `undici/lib/api/index.js`, `@huggingface/jinja` of itself. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
