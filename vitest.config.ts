import { defineConfig } from 'vitest/config'
import { SkipReporter } from './test/harness/skip-reporter.ts'
import { scaled } from './test/harness/timeout.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/harness/setup.ts'],
    pool: 'forks',
    // Tests look at the whole machine: one at a time.
    fileParallelism: false,
    // More than the harness itself waits for anything, so that its errors, with the output, come first.
    testTimeout: scaled(60_000),
    hookTimeout: scaled(30_000),
    // Some look at times and at what the kernel puts away by and by; a shared machine may be slow for a moment.
    retry: process.env.CI ? 1 : 0,
    reporters: ['default', new SkipReporter()],
  },
})
