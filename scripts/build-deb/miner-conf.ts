const NEXT_SECTION = /^# --- /m

/**
 * The conf file that the package installs: what miner.conf.example has before its first section, which is all that must or is
 * likely to be set. The other keys are in the manual and the example, so that a new key or a better sentence in a later version is no
 * question of dpkg about a file that every operator has changed.
 */
export function minerConf(example: string): string {
  const [start = ''] = example.split(NEXT_SECTION)
  if (!/^API_KEY=/m.test(start)) throw new Error('miner.conf.example does not begin with the keys that must be set')
  const settings = start.slice(start.search(/^[A-Z_]+=/m)).trimEnd()
  return `# Configuration of aitbc-miner. Set COORD_URL, WALLET_ADDR and API_KEY, then: systemctl reload-or-restart aitbc-miner
# Check it with "aitbc-miner config check". All keys: man miner.conf, /usr/share/doc/aitbc-miner/examples/miner.conf

${settings}
`
}
