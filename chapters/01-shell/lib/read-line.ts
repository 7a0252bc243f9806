/** Reads lines from stdin, and nothing beyond a line: the text after it may be input for the command in it. */

import { read, readSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { promisify } from 'node:util'
import { STDERR_FILENO, STDIN_FILENO } from '#native/linux.ts'

const MAX_TYPED_BYTES = 4096 // with the newline. Source: termios(3), Canonical mode
const NEWLINE = 0x0a

const readInto = promisify(read)

const prompt = (): void => void writeSync(STDERR_FILENO, process.env.PS1 ?? '$ ')

/** Reads a line that somebody types. Ctrl-C starts it anew. */
const readTyped = async (): Promise<string> => {
  let line = ''
  const startAnew = (): void => {
    line = ''
    writeSync(STDERR_FILENO, '\n')
    prompt()
  }
  process.on('SIGINT', startAnew)
  try {
    prompt()
    for (;;) {
      const { bytesRead, buffer } = await readInto(
        STDIN_FILENO,
        Buffer.alloc(MAX_TYPED_BYTES),
        0,
        MAX_TYPED_BYTES,
        null,
      )
      line += buffer.toString('utf8', 0, bytesRead)
      if (bytesRead === 0 || line.endsWith('\n')) return line
    }
  } finally {
    process.off('SIGINT', startAnew)
  }
}

/** Reads a line of a script. It reads byte by byte, because nothing can be put back into a pipe. */
const readScript = async (): Promise<string> => {
  const bytes: number[] = []
  const byte = Buffer.alloc(1)
  // Only the wait for the first byte may be long, and jobs in the background may end meanwhile, so it does not block.
  let { bytesRead } = await readInto(STDIN_FILENO, byte, 0, 1, null)
  while (bytesRead > 0) {
    bytes.push(byte.readUInt8())
    if (bytes.at(-1) === NEWLINE) break
    bytesRead = readSync(STDIN_FILENO, byte, 0, 1, null)
  }
  return Buffer.from(bytes).toString()
}

/**
 * Reads a line of stdin. On a terminal it shows a prompt first.
 * @returns the line with its newline; '' at the end of the input
 * @throws NodeJS.ErrnoException
 */
export const readLine = (): Promise<string> => (isatty(STDIN_FILENO) ? readTyped() : readScript())
