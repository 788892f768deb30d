import type { CommandTree, OptionFact } from './command-tree.ts'
import { nextWords, takesModels, valueChoices } from './completion-words.ts'

/** Completion for zsh. */
export function zshCompletion(tree: CommandTree): string {
  const all = [...tree.groups, ...tree.commands]
  const describe = (path: string, words: readonly string[]): string[] =>
    words.map((word) => {
      const full = path === '' ? word : `${path} ${word}`
      const found = all.find((command) => command.path.join(' ') === full)
      return `        '${word}:${escape(found?.description ?? '')}'`
    })
  const groups = [...nextWords(tree)].map(
    ([path, words]) => `      '${path}')
        choices=(
${describe(path, words)
  .map((line) => `  ${line}`)
  .join('\n')}
        )
        _describe command choices
        ;;`,
  )
  const leaves = tree.commands.map((command) => {
    const options = command.options.map((option) => `          ${optionSpec(option)}`)
    const args = takesModels(command) ? ["          '*:model:_aitbc_miner_models'"] : []
    const specs = [...options, ...args, "          '--help[print the help]'"]
    return `      '${command.path.join(' ')}')
        _arguments \\
${specs.join(' \\\n')}
        ;;`
  })
  const paths = [...nextWords(tree).keys(), ...tree.commands.map(({ path }) => path.join(' '))].filter((path) => path !== '')
  return `#compdef aitbc-miner
# zsh completion for aitbc-miner; written by scripts/write-man-pages.ts

_aitbc_miner_models() {
  local -a names
  names=(\${(f)"$(aitbc-miner models list --json 2>/dev/null | sed -n 's/^    "name": "\\(.*\\)",$/\\1/p')"})
  compadd -a names
}

_aitbc_miner() {
  local route='' word
  local -a choices
  local -i at=2
  for (( ; at < CURRENT; at++)); do
    word=\${words[at]}
    [[ $word == -* ]] && break
    case "\${route:+$route }$word" in
      ${[...new Set(paths)].map((path) => `'${path}'`).join(' | ')}) route="\${route:+$route }$word" ;;
      *) break ;;
    esac
  done
  # What follows is completed as if the command were a program of its own.
  words=("$route" "\${(@)words[at,-1]}")
  CURRENT=$((CURRENT - at + 2))
  case $route in
${[...groups, ...leaves].join('\n')}
  esac
}

_aitbc_miner "$@"
`
}

function optionSpec({ short, long, value, description }: OptionFact): string {
  const text = escape(description)
  const values = valueChoices().get(long)
  const action = values === undefined ? actionFor(value) : `(${values.join(' ')})`
  const argument = value === null ? '' : `:${value}:${action}`
  if (short === null) return `'${long}[${text}]${argument}'`
  return `'(${short} ${long})'{${short},${long}}'[${text}]${argument}'`
}

function actionFor(value: string | null): string {
  if (value === 'file' || value === 'path') return '_files'
  return value === 'name' ? '_users' : ''
}

function escape(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, (found) => `\\${found}`)
}
