import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // They need a GPU, if only one in software: npm run test:gpu.
    exclude: ['tests/gpu/**'],
    testTimeout: 40_000,
    hookTimeout: 20_000,
    // What a test waits for comes in milliseconds, and on a busy machine in seconds.
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
})
