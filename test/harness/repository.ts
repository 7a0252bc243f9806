import { fileURLToPath } from 'node:url'

/** The directory of the project, with a slash at the end. Programs run here where a test names no other directory. */
export const repository = fileURLToPath(new URL('../../', import.meta.url))
