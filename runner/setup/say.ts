/** Shows one line of progress, on stdout. */
export function say(line: string): void {
  console.log(line)
}

/** Shows one line of what is lacking although setup can go on without it, on stderr. */
export function warn(line: string): void {
  console.error(`warning: ${line}`)
}
