import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // They need a GPU, if only one in software: npm run test:gpu.
    exclude: ['tests/gpu/**'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // What a test waits for comes in milliseconds, and on a busy machine in seconds.
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
})
