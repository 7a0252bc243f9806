const KINDS: Record<string, string> = {
  msqid: 'message queue',
  semid: 'semaphore set',
  shmid: 'shared memory segment',
}

/**
 * The System V IPC objects of this user, without what counts their use. See sysvipc(7).
 * @param lines of /proc/sysvipc/msg, sem and shm, each with its heading
 */
export const ipcObjects = (lines: readonly string[]): string[] => {
  let heading: string[] = []
  return lines.flatMap(line => {
    const columns = line.trim().split(/\s+/)
    if (columns[0] === 'key') {
      heading = columns
      return []
    }
    // A desktop makes and removes segments all the time, as its own user.
    if (Number(columns[heading.indexOf('cuid')]) !== process.geteuid?.()) return []
    const [key, id, permissions] = columns
    return [`${KINDS[heading[1] ?? '']} ${id}, key ${key}, permissions ${permissions}`]
  })
}
