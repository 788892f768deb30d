import type { CommandTree, OptionFact } from './command-tree.ts'
import { takesModels, valueChoices } from './completion-words.ts'

/** Completion for fish. */
export function fishCompletion({ commands, groups }: CommandTree): string {
  const names = [...groups, ...commands].toSorted((a, b) => a.path.length - b.path.length)
  const words = names.map(({ path, description }) => {
    const [last = ''] = path.slice(-1)
    return `complete -c aitbc-miner -n '__aitbc_miner_is_at ${path.slice(0, -1).join(' ')}' -a ${last} -d '${escape(description)}'`.replace(
      "is_at '",
      "is_at'",
    )
  })
  const options = commands.flatMap(({ path, options: own }) => own.map((option) => optionLine(path, option)))
  const models = commands
    .filter(takesModels)
    .map(({ path }) => `complete -c aitbc-miner -n '__aitbc_miner_is_at ${path.join(' ')}' -a '(__aitbc_miner_models)'`)
  return `# fish completion for aitbc-miner; written by scripts/write-man-pages.ts

# Whether the words after the program's name, without options, begin with these, and name no further command.
function __aitbc_miner_is_at
    set -l typed (string match --invert -- '-*' (commandline --tokens-expanded --current-process --cut-at-cursor 2>/dev/null; or commandline -opc))
    set -e typed[1]
    if test (count $argv) -eq 0
        test (count $typed) -eq 0
        return
    end
    test (count $typed) -ge (count $argv); or return 1
    test "$typed[1..$(count $argv)]" = "$argv"; or return 1
    # A group of commands is complete with one of its own.
    not contains -- "$argv" ${groups.map(({ path }) => `'${path.join(' ')}'`).join(' ')}; or test (count $typed) -eq (count $argv)
end

function __aitbc_miner_models
    aitbc-miner models list --json 2>/dev/null | string replace --filter --regex '^    "name": "(.*)",$' '$1'
end

complete -c aitbc-miner -f
complete -c aitbc-miner -l help -d 'print the help'
complete -c aitbc-miner -n '__aitbc_miner_is_at' -s V -l version -d 'print the version'
${[...words, ...options, ...models].join('\n')}
`
}

function optionLine(path: readonly string[], { short, long, value, description }: OptionFact): string {
  const values = valueChoices().get(long)
  const parts = [
    `complete -c aitbc-miner -n '__aitbc_miner_is_at ${path.join(' ')}'`,
    ...(short === null ? [] : [`-s ${short.slice(1)}`]),
    `-l ${long.slice(2)}`,
    ...(value === null ? [] : values === undefined ? [argumentFor(value)] : [`-x -a '${values.join(' ')}'`]),
    `-d '${escape(description)}'`,
  ]
  return parts.join(' ')
}

function argumentFor(value: string): string {
  if (value === 'file' || value === 'path') return '-r -F'
  return value === 'name' ? "-x -a '(__fish_complete_users)'" : '-x'
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
