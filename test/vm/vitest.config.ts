import { defineConfig } from 'vitest/config'
import ordinary from '../../vitest.config.ts'
import { SkipReporter } from '../harness/skip-reporter.ts'

// Where a file of tests takes minutes, each test says that it has ended.
export default defineConfig({ ...ordinary, test: { ...ordinary.test, reporters: ['verbose', new SkipReporter()] } })
