/** Where images and containers are kept: SKDOCKER_HOME, or the directory of this project. */

export { IMAGES as images, LAYERS as layers } from '#chapters/07-unionfs/image.ts'
export { home } from '#parts/home-directory.ts'
export { HALF } from '#parts/image/layer-store.ts'

/** The directory of containers, below home(). */
export const containers = 'containers'
