/** A transcript as HTML: each step has a button that types it, its output, and room for what came. */

import { escapeUTF8 as escaped } from 'entities'
import type { Step, Transcript } from '../lesson/lesson.ts'
import { missingNeed } from '../needs/transcript-needs.ts'
import { markUpCode } from '../read/paint-code.ts'
import type { PageWords } from './page-words.ts'

const commandHtml = ({ prompt, command, key }: Step): string => {
  if (key) return `<span class="prompt">${escaped(prompt)}</span><kbd>${escaped(command)}</kbd>`
  const [first = '', ...rest] = (markUpCode(command, 'bash') ?? escaped(command)).split('\n')
  const line = (mark: string, text: string): string => `<span class="prompt">${escaped(mark)}</span>${text}`
  return [line(prompt, first), ...rest.map(text => line('> ', text))].join('\n')
}

const stepHtml = (step: Step, number: number, terminal: string, words: PageWords, missing: boolean): string => {
  const label = `${step.key ? words.pressIt : words.typeIt} ${terminal}: ${step.command}`
  const output = step.output.length > 0 ? `<pre class="output">${escaped(step.output.join('\n'))}</pre>` : ''
  return `<div class="step" data-step="${number}">
<div class="command"><button type="button" class="run" aria-label="${escaped(label)}" title="${escaped(label)}"${
    missing ? ' disabled' : ''
  }>▶</button><pre>${commandHtml(step)}</pre><span class="mark" role="status"></span></div>
${output}<div class="finding" hidden></div></div>`
}

/** @param first the number of its first step */
export const transcriptHtml = ({ terminal, needs, steps }: Transcript, first: number, words: PageWords): string => {
  const missing = needs.map(missingNeed).filter(reason => reason !== undefined)
  const where = terminal === 'one' ? '' : `<p class="where">${words.terminal} ${escaped(terminal)}</p>`
  const why = missing.length > 0 ? `<p class="why">${words.notHere}${escaped(missing.join('; '))}</p>` : ''
  const lines = steps.map((step, index) => stepHtml(step, first + index, terminal, words, missing.length > 0))
  return `<div class="transcript">${where}${why}${lines.join('\n')}</div>`
}
