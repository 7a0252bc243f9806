/** Where images and containers are kept: SKDOCKER_HOME, or the directory of this project. */

import { join, resolve } from 'node:path'

/** The directory of images/ and containers/. */
export const home = (): string => resolve(process.env.SKDOCKER_HOME || join(import.meta.dirname, '..'))

/** Below home(), as Docker names a layer and a container; relative, so that no character of home() can matter. */
export const images = 'images'
export const layers = 'images/.layers'
export const containers = 'containers'

/** At the end of the name of a layer that is being made; without it, it is whole. */
export const HALF = '.half'
