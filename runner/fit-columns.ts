/** How wide the columns of a table are where there is not room for all that they hold. */

/**
 * Takes from the widest columns until all fit.
 * @param natural how wide each would be
 * @param least how wide each must be, so that no word is cut; all of them must fit
 * @param room for all of them
 */
export const fitColumns = (natural: readonly number[], least: readonly number[], room: number): number[] => {
  const widths = [...natural]
  const total = (): number => widths.reduce((sum, width) => sum + width, 0)
  while (total() > room) {
    const spare = widths.map((width, index) => (width > least[index]! ? width : 0))
    const index = spare.indexOf(Math.max(...spare))
    if (spare[index] === 0) break
    widths[index]! -= 1
  }
  return widths
}
