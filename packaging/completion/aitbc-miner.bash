# bash completion for aitbc-miner; written by scripts/write-man-pages.ts
# shellcheck shell=bash disable=SC2207

_aitbc_miner_models() {
  aitbc-miner models list --json 2>/dev/null | sed -n 's/^    "name": "\(.*\)",$/\1/p'
}

_aitbc_miner() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path='' word candidates=''
  local -i at
  COMPREPLY=()
  case $previous in
    -c | --config | -s | --socket) COMPREPLY=($(compgen -f -- "$current")); return ;;
    -u | --user) COMPREPLY=($(compgen -u -- "$current")); return ;;
    --sha256) return ;;
    --workload) COMPREPLY=($(compgen -W 'llm_gen sd_infer onnx_infer' -- "$current")); return ;;
  esac
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=${COMP_WORDS[at]}
    case $word in
      -c | --config | -s | --socket | -u | --user | --sha256 | --workload) at+=1 ;;
      -*) ;;
      *)
        case ${path:+$path }$word in
          'models' | 'config' | 'run' | 'status' | 'doctor' | 'bench' | 'models list' | 'models pull' | 'models verify' | 'models rm' | 'models prune' | 'config check' | 'version') path=${path:+$path }$word ;;
        esac
        ;;
    esac
  done
  if [[ $current == -* ]]; then
    case $path in
    'run') candidates='-c --config' ;;
    'status') candidates='-c --config -s --socket --json' ;;
    'doctor') candidates='-c --config -u --user --json' ;;
    'bench') candidates='-c --config --json' ;;
    'models list') candidates='-c --config --json' ;;
    'models pull') candidates='-c --config --sha256 --workload' ;;
    'models verify') candidates='-c --config' ;;
    'models rm') candidates='-c --config' ;;
    'models prune') candidates='-c --config --all' ;;
    'config check') candidates='-c --config --json' ;;
    'version') candidates='' ;;
      '') candidates='--help --version' ;;
    esac
    COMPREPLY=($(compgen -W "$candidates --help" -- "$current"))
    return
  fi
  case $path in
    '') candidates='models config run status doctor bench version' ;;
    'models') candidates='list pull verify rm prune' ;;
    'config') candidates='check' ;;
    'models pull' | 'models verify' | 'models rm') candidates=$(_aitbc_miner_models) ;;
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}

complete -F _aitbc_miner aitbc-miner
