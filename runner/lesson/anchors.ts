/** The anchors that GitHub gives headings. Source: github-slugger, which follows GitHub's own html-pipeline. */

/** The anchor of a heading's text: lower case, without punctuation, a hyphen for each space. */
export const anchorOf = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')

/** Makes the anchors of a text one by one: of equal headings the second is `name-1`. */
export const anchorMaker = (): ((text: string) => string) => {
  const seen = new Map<string, number>()
  return text => {
    const anchor = anchorOf(text)
    const count = seen.get(anchor)
    seen.set(anchor, (count ?? 0) + 1)
    if (count === undefined) return anchor
    const numbered = `${anchor}-${count}`
    seen.set(numbered, 1)
    return numbered
  }
}
