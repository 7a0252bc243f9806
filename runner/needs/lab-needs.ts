import { missingNeed } from './transcript-needs.ts'

/** What a lab takes. */
const LAB_NEEDS = ['root', 'pty', 'bash', 'unshare', 'nsenter']

/** Why no lab can be made on this machine; undefined when one can. */
export const whyNoLab = (): string | undefined => LAB_NEEDS.map(missingNeed).find(reason => reason !== undefined)
