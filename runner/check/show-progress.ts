/** What check shows while it works on a text, so that nobody takes a long chapter for one that hangs. */

const INTERVAL = 1000 // ms
const ERASE_LINE = '\r\x1b[K'

/**
 * Shows on the last line of a terminal what is done and for how long, until that has ended. Into a file or a pipe
 * nothing of it is written.
 * @param what is done, in a few words
 */
export const withProgress = async <T>(
  what: string,
  work: () => Promise<T>,
  stream: NodeJS.WriteStream = process.stderr,
): Promise<T> => {
  if (!stream.isTTY) return work()
  const began = performance.now()
  const show = (): void => {
    const seconds = Math.floor((performance.now() - began) / 1000)
    // A line that is wider than the window could not be erased.
    stream.write(`${ERASE_LINE}${`${what} … ${seconds} s`.slice(0, Math.max(20, stream.columns || 80) - 1)}`)
  }
  show()
  const timer = setInterval(show, INTERVAL)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    stream.write(ERASE_LINE)
  }
}
