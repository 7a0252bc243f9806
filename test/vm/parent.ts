/**
 * Ends this process when the one that started it has ended: npm that was killed would else leave the machine
 * running behind it.
 */
export const endWithParent = (): void => {
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGTERM'), 500).unref()
}
