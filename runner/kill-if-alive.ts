/** Ends a process, or with a negative number a process group, with SIGKILL. One that has ended already is no error. */
export const killIfAlive = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was quicker.
  }
}
