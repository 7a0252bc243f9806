/** Code and output that are wider than the window: broken between words, so that none is cut where the window ends. */

import stringWidth from 'string-width'
import wrap from 'wrap-ansi'

const HANGING = 2 // spaces before what goes on

const wrapLine = (line: string, columns: number): string => {
  const [first = '', ...rest] = wrap(line, columns - HANGING, { hard: true, trim: false }).split('\n')
  const ends = (part: string): string => part.replace(/ +$/, '')
  return [ends(first), ...rest.map(part => ' '.repeat(HANGING) + ends(part.replace(/^ +/, '')))].join('\n')
}

/**
 * Breaks the lines that are too wide.
 * @param text painted
 * @param columns how wide a line may be
 */
export const wrapCode = (text: string, columns: number): string =>
  text
    .split('\n')
    .map(line => (stringWidth(line) > columns ? wrapLine(line, columns) : line))
    .join('\n')
