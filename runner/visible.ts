/** Characters that a terminal would obey, made visible. Source: ECMA-48; console_codes(4) */

const PICTURES_OF_CONTROLS = 0x2400 // U+241B is ␛
const DELETE = 0x7f
const PICTURE_OF_DELETE = '␡'
const NO_PICTURE = '�'

const picture = (control: string): string => {
  const code = control.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(PICTURES_OF_CONTROLS + code)
  return code === DELETE ? PICTURE_OF_DELETE : NO_PICTURE
}

// All of C0 and C1 but tab, newline, and a carriage return before a newline.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g

/**
 * A text that can be shown: in it an escape sequence is something to read, and neither moves the cursor nor sets the title
 * of the window. A tab and a newline stay.
 */
export const visible = (text: string): string => text.replace(CONTROLS, picture)
