/** Where images and containers are kept. */

import { join, resolve } from 'node:path'

/** The directory of images/ and containers/: SKDOCKER_HOME, or the directory of this project. */
export const home = (): string => resolve(process.env.SKDOCKER_HOME || join(import.meta.dirname, '..'))
