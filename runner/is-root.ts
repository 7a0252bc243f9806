/** Whether this process is root's. Source: geteuid(2) */
export const isRoot = (): boolean => process.geteuid?.() === 0
