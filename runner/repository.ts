import { dirname } from 'node:path'

/** The directory of the workbook. */
export const repository: string = dirname(import.meta.dirname)
