/** What somebody who mistyped a word may have meant. */

/** How many letters must be added, removed or changed to make one word of another. Source: V. Levenshtein, 1966 */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (let column = 1; column < row.length; column++) {
      const change = row[column - 1]! + (letter === other[column - 1] ? 0 : 1)
      next.push(Math.min(change, row[column]! + 1, next[column - 1]! + 1))
    }
    row = next
  }
  return row.at(-1)!
}

/** The word that is most like a given one, if one is. */
export const nearest = (word: string, words: readonly string[]): string | undefined => {
  const near = words
    .map(each => ({ each, by: distance(word, each) }))
    .filter(({ each, by }) => by < each.length / 2 + 1)
  return near.sort((a, b) => a.by - b.by)[0]?.each
}
