import { afterAll, beforeAll, beforeEach } from 'vitest'
import { beginFile, endFile } from './at-end.ts'
import { killMarked } from './kill.ts'
import { mark } from './mark.ts'
import { refuseMissing } from './needs.ts'
import { expectNoDirectories } from './rootfs.ts'

mark()

beforeAll(beginFile)

beforeEach(({ task }) => refuseMissing(task))

afterAll(async () => {
  try {
    await endFile()
  } finally {
    await killMarked()
  }
  expectNoDirectories()
})
