import { defineConfig } from 'vitest/config'
import { SkipReporter } from '../harness/skip-reporter.ts'
import { scaled } from '../harness/timeout.ts'

// On the machine itself: a browser brings a confinement of its own, and leaves the kernel alone.
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: scaled(60_000),
    hookTimeout: scaled(60_000),
    retry: process.env.CI ? 1 : 0,
    reporters: ['default', new SkipReporter()],
  },
})
