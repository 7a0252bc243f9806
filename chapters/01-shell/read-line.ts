/** Lines from stdin, one at a time: what comes after a line may be meant for the command in it. */

import { read, readSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { promisify } from 'node:util'

const STDIN = 0
const STDERR = 2
const LONGEST_TYPED = 4096 // bytes, the newline among them: termios(3), Canonical mode
const NEWLINE = 0x0a

const readInto = promisify(read)

const prompt = (): void => void writeSync(STDERR, process.env.PS1 ?? '$ ')

/** Reads what is typed, which a terminal hands out line by line. Ctrl-C starts the line anew. */
const readTyped = async (): Promise<string> => {
  let line = ''
  const startAnew = (): void => {
    line = ''
    writeSync(STDERR, '\n')
    prompt()
  }
  process.on('SIGINT', startAnew)
  try {
    prompt()
    for (;;) {
      const { bytesRead, buffer } = await readInto(STDIN, Buffer.alloc(LONGEST_TYPED), 0, LONGEST_TYPED, null)
      line += buffer.toString('utf8', 0, bytesRead)
      if (bytesRead === 0 || line.endsWith('\n')) return line
    }
  } finally {
    process.off('SIGINT', startAnew)
  }
}

/** Reads a line of a script, byte by byte: nothing can be put back into a pipe. */
const readScript = async (): Promise<string> => {
  const bytes: number[] = []
  const byte = Buffer.alloc(1)
  // A line may be long in coming, and jobs in the background end meanwhile; once it comes, it is there.
  let { bytesRead } = await readInto(STDIN, byte, 0, 1, null)
  while (bytesRead > 0) {
    bytes.push(byte[0]!)
    if (byte[0] === NEWLINE) break
    bytesRead = readSync(STDIN, byte, 0, 1, null)
  }
  return Buffer.from(bytes).toString()
}

/**
 * Reads a line of stdin; on a terminal, after a prompt.
 * @returns the line with its newline, if it has one; '' when there is no more
 * @throws NodeJS.ErrnoException
 */
export const readLine = (): Promise<string> => (isatty(STDIN) ? readTyped() : readScript())
