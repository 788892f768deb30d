import type { CommandTree } from './command-tree.ts'
import { flagsOf, nextWords, takesModels, valueChoices } from './completion-words.ts'

/** Completion for bash. */
export function bashCompletion(tree: CommandTree): string {
  const words = [...nextWords(tree)].map(([path, next]) => `    '${path}') candidates='${next.join(' ')}' ;;`)
  const flags = tree.commands.map(({ path, options }) => `    '${path.join(' ')}') candidates='${flagsOf(options).join(' ')}' ;;`)
  const models = tree.commands.filter(takesModels).map(({ path }) => `'${path.join(' ')}'`)
  const choices = [...valueChoices()].map(
    ([flag, values]) => `    ${flag}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$current")); return ;;`,
  )
  return `# bash completion for aitbc-miner; written by scripts/write-man-pages.ts
# shellcheck shell=bash disable=SC2207

_aitbc_miner_models() {
  aitbc-miner models list --json 2>/dev/null | sed -n 's/^    "name": "\\(.*\\)",$/\\1/p'
}

_aitbc_miner() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} path='' word candidates=''
  local -i at
  COMPREPLY=()
  case $previous in
    -c | --config | -s | --socket) COMPREPLY=($(compgen -f -- "$current")); return ;;
    -u | --user) COMPREPLY=($(compgen -u -- "$current")); return ;;
    --sha256) return ;;
${choices.join('\n')}
  esac
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    case $word in
      -c | --config | -s | --socket | -u | --user | --sha256 | --workload) at+=1 ;;
      -*) ;;
      *)
        case \${path:+$path }$word in
          ${[...new Set([...nextWords(tree).keys(), ...tree.commands.map(({ path }) => path.join(' '))])]
            .filter((path) => path !== '')
            .map((path) => `'${path}'`)
            .join(' | ')}) path=\${path:+$path }$word ;;
        esac
        ;;
    esac
  done
  if [[ $current == -* ]]; then
    case $path in
${flags.join('\n')}
      '') candidates='--help --version' ;;
    esac
    COMPREPLY=($(compgen -W "$candidates --help" -- "$current"))
    return
  fi
  case $path in
${words.join('\n')}
    ${models.join(' | ')}) candidates=$(_aitbc_miner_models) ;;
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}

complete -F _aitbc_miner aitbc-miner
`
}
