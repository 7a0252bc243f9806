import '#native/require-node.js'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { completeSetup } from './setup/complete-setup.ts'
import { lineForReader } from './setup/setup-error.ts'

// `npm run setup | head` closes stdout; the work is done all the same.
process.stdout.on('error', () => {})

try {
  await completeSetup(dirname(dirname(fileURLToPath(import.meta.url))))
} catch (error) {
  const line = lineForReader(error)
  if (!line) throw error
  console.error(`setup: ${line}`)
  process.exitCode = 1
}
