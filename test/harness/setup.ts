import { afterAll, beforeEach } from 'vitest'
import { endFile } from './at-end.ts'
import { killMarked } from './kill.ts'
import { mark } from './mark.ts'
import { refuseMissing } from './needs.ts'

mark()

beforeEach(({ task }) => refuseMissing(task))

afterAll(() => endFile().finally(() => killMarked()))
