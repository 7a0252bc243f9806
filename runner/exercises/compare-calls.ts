/** The system calls of a reader's program beside those of the chapter's, with the first that differs. */

import { diffArrays } from 'diff'
import { wrapText } from '../read/wrap-pieces.ts'
import { SOMETHING_FOUND } from '../usage-error.ts'
import { visible } from '../visible.ts'
import { candidateIn } from './candidate.ts'
import type { ProgramPlace } from './find-exercises.ts'
import { withSite } from './open-site.ts'
import type { Style } from './report.ts'
import type { Site } from './site.ts'
import { stepOf } from './steps-page.ts'
import { type Candidate, Trial } from './trial.ts'
import { exerciseWords } from './words.ts'

// What every child does before its command, whatever it is: see native/clean-start.ts.
const ALIKE = /^(fcntl|ioctl|close_range|rt_sigaction|rt_sigprocmask|sigprocmask|mmap|mprotect|munmap|waitpid)\(/

/** The calls in a trace, one process after the other, because two that run at once may write in either order. */
const callsByProcess = (trace: string): string[] => {
  const lines = [...trace.matchAll(/^\[pid (\d+)\] ([a-z]\w*\(.*)$/gm)]
  const pids = [...new Set(lines.map(([, pid]) => pid))]
  return pids.flatMap(each => lines.flatMap(([, pid, call = '']) => (pid === each ? call : [])))
}

/** The same without the numbers that differ from run to run. */
export const callsIn = (trace: string): string[] =>
  callsByProcess(trace)
    .filter(call => !ALIKE.test(call))
    .map(call =>
      call
        .replaceAll(/\b0x[0-9a-f]+\b/g, '0x…')
        .replaceAll(/-[0-9a-f]{8}(?=[/"])/g, '-…') // the name of a container
        .replace(/\[\d+ strings\]/, '[… strings]')
        .replace(/^(clone\(.*) = \d+$/, '$1 = PID'),
    )

const trace = async (site: Site, candidate: Candidate, args: readonly string[]): Promise<string[]> => {
  const words = ['env', 'SKDOCKER_TRACE=1', ...candidate.words]
  const { stderr } = await new Trial(site, { ...candidate, words }).run(args)
  return callsIn(visible(stderr))
}

const nameOf = (call: string): string => call.slice(0, call.indexOf('('))

/** What is said of the first difference. */
const explain = (missing: string | undefined, extra: string | undefined, language: Style['language']): string => {
  const words = exerciseWords(language)
  const call = missing ?? extra ?? ''
  const step = stepOf(nameOf(call), language)
  const first = missing ? words.missingCall(missing, extra) : words.extraCall(call)
  return step ? `${first} ${step}` : first
}

/**
 * Runs both with the same command, and shows what differs.
 * @returns the exit code: 0 when nothing does
 * @throws LabError
 */
export const compareCalls = async (place: ProgramPlace, candidate: Candidate, style: Style): Promise<number> => {
  const { language, paint, columns } = style
  const words = exerciseWords(language)
  const args = place.exercise.sample ?? ['busybox', '/bin/true']
  const { own, chapters } = await withSite(place.exercise.needsRoot, [], async site => {
    const chaptersOwn = candidateIn(place.exercise, place.chapter.folder)
    await trace(site, chaptersOwn, args) // what only the first run does, such as unpacking an image, is done now
    return { own: await trace(site, candidate, args), chapters: await trace(site, chaptersOwn, args) }
  })
  if (own.length === 0) {
    console.log(words.noCalls)
    return SOMETHING_FOUND
  }
  const changes = diffArrays(chapters, own)
  for (const { value, added, removed } of changes)
    for (const call of value)
      console.log(added ? paint.green(`+ ${call}`) : removed ? paint.red(`- ${call}`) : `  ${call}`)
  const first = changes.findIndex(({ added, removed }) => added || removed)
  if (first < 0) {
    console.log(`\n${words.sameCalls}`)
    return 0
  }
  const pair = [changes[first]!, changes[first + 1]].filter(change => change?.added || change?.removed)
  const missing = pair.find(change => change!.removed)?.value[0]
  const extra = pair.find(change => change!.added)?.value[0]
  console.log(`\n${words.legend}\n\n${wrapText(explain(missing, extra, language), columns).join('\n')}`)
  return SOMETHING_FOUND
}
