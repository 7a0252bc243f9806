/** The shapes of a picture, as text of SVG. Whatever is written in them is cut to the room there is. */

import stringWidth from 'string-width'
import { harmless } from './describe.ts'

/** A part of a picture: its text, and where it ends below. */
export type Part = { readonly svg: string; readonly bottom: number }

const CHARACTER = { name: 9.05, note: 7.85 } as const // units, as wide as one character is

type Size = keyof typeof CHARACTER

/** How wide a text is. */
export const textWidth = (text: string, size: Size): number => stringWidth(text) * CHARACTER[size]

const escapeXml = (text: string): string =>
  harmless(text).replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)

/**
 * Cuts a text to the room there is.
 * @param keeps which end of it is kept: of a path the last names tell most
 */
const cutTo = (text: string, room: number, size: Size, keeps: 'start' | 'end'): string => {
  const characters = [...text]
  if (textWidth(text, size) <= room) return text
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size) > room)
    if (keeps === 'start') characters.pop()
    else characters.shift()
  return keeps === 'start' ? `${characters.join('')}…` : `…${characters.join('')}`
}

/** A line of text; y is that of its base line. */
export const write = (
  text: string,
  x: number,
  y: number,
  { size = 'note', room = Number.POSITIVE_INFINITY, keeps = 'start', more = '' }: WriteOptions = {},
): string =>
  `<text class="${[size, more].filter(Boolean).join(' ')}" x="${round(x)}" y="${round(y)}">${escapeXml(cutTo(text, room, size, keeps))}</text>`

type WriteOptions = {
  readonly size?: Size
  readonly room?: number
  readonly keeps?: 'start' | 'end'
  /** another class */
  readonly more?: string
}

const round = (value: number): number => Math.round(value * 10) / 10

/** A box with round corners. */
export const box = (kind: string, x: number, y: number, width: number, height: number, radius: number): string =>
  `<rect class="${kind}" x="${round(x)}" y="${round(y)}" width="${round(Math.max(0, width))}" height="${round(height)}" rx="${radius}"/>`

const CORNER = 14

/** A sheet with a corner turned down. */
export const sheet = (x: number, y: number, width: number, height: number): string => {
  const right = x + width
  return [
    `<path class="file" d="M${x} ${y}H${right - CORNER}L${right} ${y + CORNER}V${y + height}H${x}Z"/>`,
    `<path class="file" d="M${right - CORNER} ${y}V${y + CORNER}H${right}"/>`,
  ].join('')
}

/** A line along points: a cable, a brace, a call. */
export const line = (kind: string, path: string): string => `<path class="${kind}" d="${path}"/>`
