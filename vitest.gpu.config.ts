import { defineConfig } from 'vitest/config'

/** `npm run test:gpu`: the tests that need a GPU, or one in software. One after another, since they share the card. */
export default defineConfig({
  test: { include: ['tests/gpu/**/*.test.ts'], fileParallelism: false, testTimeout: 300_000, hookTimeout: 120_000 },
})
