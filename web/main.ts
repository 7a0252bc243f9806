/** The page: a text on the left, terminals on the right. Nothing of it comes from anywhere but its own server. */

import { pageWords } from '#runner/page/page-words.ts'
import { element } from './element.ts'
import { PageServer, WrongToken } from './server.ts'
import { Steps } from './steps.ts'
import { Terminals } from './terminals.ts'
import { showText } from './text.ts'
import { takeToken } from './token.ts'

const [, name = '', language = ''] = location.pathname.split('/')

const sayNoToken = (): void => {
  const { noToken } = pageWords(language === 'zh' ? 'zh' : 'en')
  document.body.replaceChildren(element('main', { className: 'alone' }, element('p', {}, noToken)))
}

const start = async (token: string): Promise<void> => {
  const server = new PageServer(token)
  const text = await server.text(name, language)
  const main = showText(text, server)
  const terminals = new Terminals(text)
  document.body.append(terminals.element)
  const connection = server.connect(name, language, {
    onMessage: message => {
      terminals.handle(message)
      if (message.type === 'welcome' || message.type === 'reset') steps.clear()
      if (message.type === 'welcome') for (const result of message.results) steps.show(result)
      if (message.type === 'result') steps.show(message.result)
    },
    onLost: () => terminals.showLost(),
  })
  const steps = new Steps(main, text, connection)
  terminals.open(connection)
}

const token = takeToken()
if (token === undefined) sayNoToken()
else
  start(token).catch(error => {
    if (!(error instanceof WrongToken)) throw error
    sayNoToken()
  })
