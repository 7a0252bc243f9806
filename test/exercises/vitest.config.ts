import { defineConfig } from 'vitest/config'
import ordinary from '../../vitest.config.ts'

const { projects, ...test } = ordinary.test ?? {}

// Every mistake that a check is about is tried: some three hundred programs, and nothing that a reader waits for.
export default defineConfig({ ...ordinary, test: { ...test, include: ['test/exercises/[0-9]*.test.ts'] } })
