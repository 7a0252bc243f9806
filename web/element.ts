/** Elements of the page, made in one expression. */

type Properties<Name extends keyof HTMLElementTagNameMap> = Partial<
  Omit<HTMLElementTagNameMap[Name], 'children' | 'dataset'>
>

/** Makes an element with properties and what is in it. Text stays text, whatever is in it. */
export const element = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties<Name> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] => {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

/** The element that a selector names, which has to be there. */
export const find = <Found extends Element = HTMLElement>(
  selector: string,
  within: ParentNode = document,
): Found => {
  const found = within.querySelector<Found>(selector)
  if (!found) throw new Error(`there is no ${selector}`)
  return found
}
