/** Times of things that are run in turn, so that what else the machine does strikes all of them alike. */

/** One thing to measure. `run` does it once and returns how many milliseconds each of its rounds took. */
export type Candidate = { readonly name: string; readonly run: () => Promise<readonly number[]> }

/** The middle one of some numbers. */
export const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN

/**
 * Runs each candidate in turn, again and again.
 * @param turns how often; forty by default, because with fifteen a ratio was off by three hundredths
 * @returns for each name its median, in milliseconds
 */
export const measureInTurn = async (candidates: readonly Candidate[], turns = 40): Promise<Map<string, number>> => {
  const measured = candidates.map(({ name, run }) => ({ name, run, times: [] as number[] }))
  for (let turn = 0; turn < turns; turn++) for (const { run, times } of measured) times.push(...(await run()))
  return new Map(measured.map(({ name, times }) => [name, median(times)]))
}

/** A table of medians and of their ratio to the first. */
export const printMedians = (title: string, medians: ReadonlyMap<string, number>, goal: string): void => {
  const [base = Number.NaN] = medians.values()
  console.log(`\n${title} (${goal})`)
  for (const [name, value] of medians)
    console.log(
      `  ${name.padEnd(44)} ${value.toFixed(2).padStart(9)} ms  ${(value / base).toFixed(2).padStart(6)} ×`,
    )
}
