# fish completion for aitbc-miner; written by scripts/write-man-pages.ts

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
    not contains -- "$argv" 'models' 'config'; or test (count $typed) -eq (count $argv)
end

function __aitbc_miner_models
    aitbc-miner models list --json 2>/dev/null | string replace --filter --regex '^    "name": "(.*)",$' '$1'
end

complete -c aitbc-miner -f
complete -c aitbc-miner -l help -d 'print the help'
complete -c aitbc-miner -n '__aitbc_miner_is_at' -s V -l version -d 'print the version'
complete -c aitbc-miner -n '__aitbc_miner_is_at' -a models -d 'list, fetch, check and remove models'
complete -c aitbc-miner -n '__aitbc_miner_is_at' -a config -d 'work with the configuration file'
complete -c aitbc-miner -n '__aitbc_miner_is_at' -a run -d 'run the miner in the foreground'
complete -c aitbc-miner -n '__aitbc_miner_is_at' -a status -d 'show what the running miner does, and why'
complete -c aitbc-miner -n '__aitbc_miner_is_at' -a doctor -d 'find out what is wrong, and what to do about it'
complete -c aitbc-miner -n '__aitbc_miner_is_at' -a bench -d 'measure this machine on each workload'
complete -c aitbc-miner -n '__aitbc_miner_is_at' -a version -d 'print the version'
complete -c aitbc-miner -n '__aitbc_miner_is_at models' -a list -d 'list the models there are'
complete -c aitbc-miner -n '__aitbc_miner_is_at models' -a pull -d 'fetch a model'
complete -c aitbc-miner -n '__aitbc_miner_is_at models' -a verify -d 'hash the files of models again'
complete -c aitbc-miner -n '__aitbc_miner_is_at models' -a rm -d 'remove fetched models, by name or sha256'
complete -c aitbc-miner -n '__aitbc_miner_is_at models' -a prune -d 'remove unfinished downloads'
complete -c aitbc-miner -n '__aitbc_miner_is_at config' -a check -d 'report everything that is wrong in the configuration'
complete -c aitbc-miner -n '__aitbc_miner_is_at run' -s c -l config -r -F -d 'configuration file'
complete -c aitbc-miner -n '__aitbc_miner_is_at status' -s c -l config -r -F -d 'configuration file that names the socket'
complete -c aitbc-miner -n '__aitbc_miner_is_at status' -s s -l socket -r -F -d 'control socket; the configuration is then not read'
complete -c aitbc-miner -n '__aitbc_miner_is_at status' -l json -d 'print the status as JSON'
complete -c aitbc-miner -n '__aitbc_miner_is_at doctor' -s c -l config -r -F -d 'configuration file'
complete -c aitbc-miner -n '__aitbc_miner_is_at doctor' -s u -l user -x -a '(__fish_complete_users)' -d 'look as this user (for root only; default: aitbc-miner)'
complete -c aitbc-miner -n '__aitbc_miner_is_at doctor' -l json -d 'print the report as JSON'
complete -c aitbc-miner -n '__aitbc_miner_is_at bench' -s c -l config -r -F -d 'configuration file'
complete -c aitbc-miner -n '__aitbc_miner_is_at bench' -l json -d 'print the figures as JSON'
complete -c aitbc-miner -n '__aitbc_miner_is_at models list' -s c -l config -r -F -d 'configuration file'
complete -c aitbc-miner -n '__aitbc_miner_is_at models list' -l json -d 'print the list as JSON'
complete -c aitbc-miner -n '__aitbc_miner_is_at models pull' -s c -l config -r -F -d 'configuration file'
complete -c aitbc-miner -n '__aitbc_miner_is_at models pull' -l sha256 -x -d 'what it must hash to; needed for an address'
complete -c aitbc-miner -n '__aitbc_miner_is_at models pull' -l workload -x -a 'llm_gen sd_infer onnx_infer' -d 'what an address is for: llm_gen, sd_infer or onnx_infer'
complete -c aitbc-miner -n '__aitbc_miner_is_at models verify' -s c -l config -r -F -d 'configuration file'
complete -c aitbc-miner -n '__aitbc_miner_is_at models rm' -s c -l config -r -F -d 'configuration file'
complete -c aitbc-miner -n '__aitbc_miner_is_at models prune' -s c -l config -r -F -d 'configuration file'
complete -c aitbc-miner -n '__aitbc_miner_is_at models prune' -l all -d 'and all fetched models that are not in use'
complete -c aitbc-miner -n '__aitbc_miner_is_at config check' -s c -l config -r -F -d 'configuration file'
complete -c aitbc-miner -n '__aitbc_miner_is_at config check' -l json -d 'print the report as JSON'
complete -c aitbc-miner -n '__aitbc_miner_is_at models pull' -a '(__aitbc_miner_models)'
complete -c aitbc-miner -n '__aitbc_miner_is_at models verify' -a '(__aitbc_miner_models)'
complete -c aitbc-miner -n '__aitbc_miner_is_at models rm' -a '(__aitbc_miner_models)'
