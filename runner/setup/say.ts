/** Shows one line of progress, on stdout. */
export const say = (line: string): void => {
  console.log(line)
}

/** Shows one line of what is lacking although setup can go on without it, on stderr. */
export const warn = (line: string): void => {
  console.error(`warning: ${line}`)
}
