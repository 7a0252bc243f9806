import { defineConfig } from 'vitest/config'
import ordinary from '../../vitest.config.ts'

const { projects, ...test } = ordinary.test ?? {}

// Other engines, and what they need, are Debian's packages: too much to ask of every reader.
export default defineConfig({ ...ordinary, test: { ...test, include: ['test/engines/**/*.test.ts'] } })
