#compdef aitbc-miner
# zsh completion for aitbc-miner; written by scripts/write-man-pages.ts

_aitbc_miner_models() {
  local -a names
  names=(${(f)"$(aitbc-miner models list --json 2>/dev/null | sed -n 's/^    "name": "\(.*\)",$/\1/p')"})
  compadd -a names
}

_aitbc_miner() {
  local route='' word
  local -a choices
  local -i at=2
  for (( ; at < CURRENT; at++)); do
    word=${words[at]}
    [[ $word == -* ]] && break
    case "${route:+$route }$word" in
      'models' | 'config' | 'run' | 'status' | 'doctor' | 'bench' | 'models list' | 'models pull' | 'models verify' | 'models rm' | 'models prune' | 'config check' | 'version') route="${route:+$route }$word" ;;
      *) break ;;
    esac
  done
  # What follows is completed as if the command were a program of its own.
  words=("$route" "${(@)words[at,-1]}")
  CURRENT=$((CURRENT - at + 2))
  case $route in
      '')
        choices=(
          'models:list, fetch, check and remove models'
          'config:work with the configuration file'
          'run:run the miner in the foreground'
          'status:show what the running miner does, and why'
          'doctor:find out what is wrong, and what to do about it'
          'bench:measure this machine on each workload'
          'version:print the version'
        )
        _describe command choices
        ;;
      'models')
        choices=(
          'list:list the models there are'
          'pull:fetch a model'
          'verify:hash the files of models again'
          'rm:remove fetched models, by name or sha256'
          'prune:remove unfinished downloads'
        )
        _describe command choices
        ;;
      'config')
        choices=(
          'check:report everything that is wrong in the configuration'
        )
        _describe command choices
        ;;
      'run')
        _arguments \
          '(-c --config)'{-c,--config}'[configuration file]:file:_files' \
          '--help[print the help]'
        ;;
      'status')
        _arguments \
          '(-c --config)'{-c,--config}'[configuration file that names the socket]:file:_files' \
          '(-s --socket)'{-s,--socket}'[control socket; the configuration is then not read]:path:_files' \
          '--json[print the status as JSON]' \
          '--help[print the help]'
        ;;
      'doctor')
        _arguments \
          '(-c --config)'{-c,--config}'[configuration file]:file:_files' \
          '(-u --user)'{-u,--user}'[look as this user (for root only; default\: aitbc-miner)]:name:_users' \
          '--json[print the report as JSON]' \
          '--help[print the help]'
        ;;
      'bench')
        _arguments \
          '(-c --config)'{-c,--config}'[configuration file]:file:_files' \
          '--json[print the figures as JSON]' \
          '--help[print the help]'
        ;;
      'models list')
        _arguments \
          '(-c --config)'{-c,--config}'[configuration file]:file:_files' \
          '--json[print the list as JSON]' \
          '--help[print the help]'
        ;;
      'models pull')
        _arguments \
          '(-c --config)'{-c,--config}'[configuration file]:file:_files' \
          '--sha256[what it must hash to; needed for an address]:hash:' \
          '--workload[what an address is for\: llm_gen, sd_infer or onnx_infer]:name:(llm_gen sd_infer onnx_infer)' \
          '*:model:_aitbc_miner_models' \
          '--help[print the help]'
        ;;
      'models verify')
        _arguments \
          '(-c --config)'{-c,--config}'[configuration file]:file:_files' \
          '*:model:_aitbc_miner_models' \
          '--help[print the help]'
        ;;
      'models rm')
        _arguments \
          '(-c --config)'{-c,--config}'[configuration file]:file:_files' \
          '*:model:_aitbc_miner_models' \
          '--help[print the help]'
        ;;
      'models prune')
        _arguments \
          '(-c --config)'{-c,--config}'[configuration file]:file:_files' \
          '--all[and all fetched models that are not in use]' \
          '--help[print the help]'
        ;;
      'config check')
        _arguments \
          '(-c --config)'{-c,--config}'[configuration file]:file:_files' \
          '--json[print the report as JSON]' \
          '--help[print the help]'
        ;;
      'version')
        _arguments \
          '--help[print the help]'
        ;;
  esac
}

_aitbc_miner "$@"
