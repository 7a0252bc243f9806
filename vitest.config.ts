import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { plainNode } from './runner/needs/plain-node.ts'
import { SkipReporter } from './test/harness/skip-reporter.ts'
import { scaled } from './test/harness/timeout.ts'
import { BY_TSX } from './test/lab-pool/by-tsx.ts'
import { whereTestsRun } from './test/lab-pool/lab-pool.ts'
import { LongestFirst } from './test/lab-pool/longest-first.ts'

const project = (
  name: string,
  include: string[],
  env: Record<string, string> = {},
): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include, env },
})

// Where SKDOCKER_TSX says how programs are started, or there is one way only, nothing is run twice.
const isTwice = process.env.SKDOCKER_TSX === undefined && plainNode() !== undefined

export default defineConfig({
  test: {
    setupFiles: ['test/harness/setup.ts'],
    ...whereTestsRun(),
    sequence: { sequencer: LongestFirst },
    // More than the harness itself waits for anything, so that its errors, with the output, come first.
    testTimeout: scaled(60_000),
    hookTimeout: scaled(30_000),
    // Some look at times and at what the kernel puts away by and by; a shared machine may be slow for a moment.
    retry: process.env.CI ? 1 : 0,
    reporters: ['default', new SkipReporter()],
    projects: [
      project('tests', [
        'test/{chapters,harness,lab-pool,native,parts,runner,skdocker}/**/*.test.ts',
        'test/exercises/[a-z]*.test.ts',
        'test/vm/*.test.ts',
      ]),
      ...(isTwice ? [project('by tsx', BY_TSX, { SKDOCKER_TSX: '1' })] : []),
    ],
  },
})
