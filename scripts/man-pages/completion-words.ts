import type { CommandFact, CommandTree, OptionFact } from './command-tree.ts'

/** By the words typed so far: those that may come next. */
export function nextWords({ commands, groups }: CommandTree): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, string[]>()
  for (const { path } of [...groups, ...commands]) {
    const before = path.slice(0, -1).join(' ')
    const [last = ''] = path.slice(-1)
    next.set(before, [...(next.get(before) ?? []), last])
  }
  return next
}

/** Both spellings of each option. */
export function flagsOf(options: readonly OptionFact[]): readonly string[] {
  return options.flatMap(({ short, long }) => (short === null ? [long] : [short, long]))
}

/** Whether its arguments are names of models. */
export function takesModels({ path, args }: CommandFact): boolean {
  return path[0] === 'models' && args.length > 0
}

/** Values of options that are one of a few words. */
export function valueChoices(): ReadonlyMap<string, readonly string[]> {
  return new Map([['--workload', ['llm_gen', 'sd_infer', 'onnx_infer']]])
}
