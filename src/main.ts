#!/usr/bin/env node
import { isatty } from 'node:tty'

import colors from 'picocolors'

import { runCli } from './cli/run-cli.ts'
import { processEnvironment } from './config/process-environment.ts'

process.exitCode = await runCli({
  args: process.argv.slice(2),
  terminal: {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    hasColors: isatty(process.stdout.fd) && colors.isColorSupported,
  },
  environment: processEnvironment(),
  nowMs: () => Date.now(),
})
