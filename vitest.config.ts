import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // They need a GPU, if only one in software: npm run test:gpu.
    exclude: ['tests/gpu/**'],
    testTimeout: 40_000,
    hookTimeout: 20_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
