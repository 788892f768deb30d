/**
 * Makes sure that `npm ci` installs what was reviewed and nothing else: package-lock.json has a hash for every package and names no
 * source but the registry, and nothing runs at install time. Needs no network. `npm run audit` asks the registry for known faults.
 */
import { readFileSync } from 'node:fs'
import { installScriptFaults, readReviewedScripts } from './supply-chain/install-script-faults.ts'
import { lockFaults } from './supply-chain/lock-faults.ts'
import { readNpmLock } from './supply-chain/npm-lock.ts'

const REVIEWED = 'packaging/npm/reviewed-install-scripts.json'

const lock = readNpmLock('package-lock.json')
const faults = [
  ...lockFaults(lock),
  ...installScriptFaults(lock, readReviewedScripts(REVIEWED), { npmrc: readFileSync('.npmrc', 'utf8'), root: '.' }),
]
for (const fault of faults) process.stdout.write(`${fault}\n`)
process.stdout.write(`package-lock.json: ${Object.keys(lock.packages).length} entries, ${faults.length} faults\n`)
process.exitCode = faults.length > 0 ? 1 : 0
