# shellcheck shell=bash
# a model that root pulls is the service's own: it can use it, and remove it when it needs the room

working_miner
model=/usr/share/model-of-root.gguf
{ cat /usr/lib/aitbc-miner/app/models/tiny-llm/*.gguf; printf 'another model'; } >$model
sha=$(sha256sum $model | cut --delimiter=' ' --fields=1)
check 'root pulls it' aitbc-miner models pull file://$model --sha256 "$sha"
equal 'all of it belongs to the service' "$(find $STATE/models ! -user aitbc-miner)" ''
check 'the service removes it' runuser --user aitbc-miner -- aitbc-miner models rm "$sha"
equal 'nothing of it is left' "$(find $STATE/models -name '*.gguf')" ''
rm $model
