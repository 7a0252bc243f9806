/** The left side of the page: the text, its pictures, and the files that it names. */

import type { PageText } from '#runner/page/protocol.ts'
import { element, find } from './element.ts'
import type { PageServer } from './server.ts'

const showPictures = (text: HTMLElement, server: PageServer): void => {
  for (const image of text.querySelectorAll<HTMLImageElement>('img[data-picture]'))
    void server.picture(image.dataset.picture!).then(picture => {
      image.src = URL.createObjectURL(picture)
      image.onload = () => URL.revokeObjectURL(image.src)
    })
}

const fileDialog = (words: PageText['words']): HTMLDialogElement => {
  const close = element('button', { type: 'button' }, words.close)
  const dialog = element(
    'dialog',
    { className: 'file' },
    element('header', {}, element('h2'), close),
    element('div'),
  )
  close.onclick = () => dialog.close()
  dialog.onclick = event => event.target === dialog && dialog.close()
  return dialog
}

const showFile = async (path: string, dialog: HTMLDialogElement, server: PageServer): Promise<void> => {
  const file = await server.file(path)
  find('h2', dialog).textContent = file.path
  // The server has made this HTML of plain text.
  find('div', dialog).innerHTML = file.html
  dialog.showModal()
}

const chapterLink = (link: PageText['next'], label: string, className: string): HTMLElement | string =>
  link ? element('a', { href: link.href, className, title: label }, link.title) : ''

const headerOf = ({ chapters, twin, words, title }: PageText): HTMLElement => {
  const list = element('select', { ariaLabel: words.chapters })
  for (const { href, title: name } of chapters)
    list.append(element('option', { value: href, selected: href === location.pathname }, name))
  if (!chapters.some(({ href }) => href === location.pathname))
    list.prepend(element('option', { value: location.pathname, selected: true }, title))
  list.onchange = () => location.assign(list.value)
  const language = element('a', { href: twin.href, className: 'twin' }, twin.title)
  const toggle = element('button', { type: 'button', className: 'toggle' }, words.showTerminals)
  toggle.onclick = () => document.body.classList.toggle('with-terminals')
  return element('header', { className: 'top' }, list, language, toggle)
}

/** Puts a text into the page. */
export const showText = (text: PageText, server: PageServer): HTMLElement => {
  document.title = text.title
  document.documentElement.lang = location.pathname.endsWith('/zh') ? 'zh-CN' : 'en'
  const article = element('article')
  // The server has made this HTML of blocks: of the HTML in a text nothing is in it.
  article.innerHTML = text.html
  const { previous, next, words } = text
  const ends = element(
    'nav',
    { className: 'ends' },
    chapterLink(previous, words.previous, 'previous'),
    chapterLink(next, words.next, 'next'),
  )
  const main = element('main', { tabIndex: -1 }, article, ends)
  const dialog = fileDialog(words)
  document.body.replaceChildren(headerOf(text), main, dialog)
  showPictures(article, server)
  article.addEventListener('click', event => {
    const button = (event.target as Element).closest<HTMLElement>('button.file')
    if (button) void showFile(button.dataset.file!, dialog, server)
  })
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView()
  return main
}
