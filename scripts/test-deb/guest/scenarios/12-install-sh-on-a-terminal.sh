# shellcheck shell=bash
# install.sh on a terminal asks for what the conf lacks, and a Ctrl-C leaves all as it was

# at PROMPT TEXT: types the text when the prompt has come.
at() {
  within 60 "install.sh asks: $1" says "$1" "$terminal"
  printf '%s' "$2"
}
# on_a_terminal: runs install.sh on a terminal where standard input is typed.
on_a_terminal() {
  script --quiet --flush --return --command "sh /deb-test/install.sh $PACKAGES/aitbc-miner.deb" "$terminal" >/dev/null
}

stopped_miner
put_default_conf
terminal=$RESULTS/interrupted
: >"$terminal"
status=0
{ at 'URL of the coordinator' $'http://127.0.0.1:8080\n'; at 'Payout address' $'\n'; at 'API key' $'half-a-secret\003'; } | on_a_terminal || status=$?
equal 'a Ctrl-C ends it' $status 130
equal 'the conf is as it was' "$(cat $CONF)" "$(default_conf)"
refute 'nothing is left beside it' compgen -G '/etc/aitbc/.miner.conf.*'

terminal=$RESULTS/answered
: >"$terminal"
{ at 'URL of the coordinator' $'http://127.0.0.1:8080\n'; at 'Payout address' "$WALLET"$'\n'; at 'API key' $'typed#"secret$\n'; } | on_a_terminal
refute 'the key is shown nowhere' says 'secret' "$terminal"
check 'the conf has the key' says "API_KEY='typed#\"secret\$'" $CONF
check 'and the wallet' says "WALLET_ADDR=\"$WALLET\"" $CONF
equal 'the conf is for root and the service' "$(stat --format='%U:%G %a' $CONF)" 'root:aitbc-miner 640'
within 20 'the miner has reached the coordinator' journal_says 'coordinator reached'
