import { getopt, print } from '#native/index.ts'
import { type Container, listContainers, livingInit, stateOf } from '../container-state.ts'
import { textTable, timeAgo } from '../text-table.ts'

const options = {
  all: { type: 'boolean', short: 'a', help: 'those too that do not run' },
  json: { type: 'boolean', help: 'for programs: an array of objects' },
} as const

const status = (container: Container): string => {
  const init = livingInit(container)
  if (init) return `running, pid ${init.pid}`
  if (stateOf(container) === 'created') return 'created'
  const { exitCode, finished, outOfMemory } = container
  const reason = outOfMemory ? ', out of memory' : ''
  return `exited (${exitCode ?? 'unknown'}${reason})${finished ? ` ${timeAgo(finished)}` : ''}`
}

const row = (container: Container): string[] => [
  container.id,
  container.image,
  container.command.join(' '),
  timeAgo(container.created),
  status(container),
  stateOf(container) === 'running' ? (container.address ?? '') : '',
  container.name,
]

/** skdocker ps: which containers there are. The process table says which of them run. */
export const ps = async (args: readonly string[]): Promise<number> => {
  const { options: given } = getopt('', options, args, 'skdocker ps')
  const shown = listContainers().filter(container => given.all || stateOf(container) === 'running')
  if (given.json)
    print(
      JSON.stringify(
        shown.map(each => ({ ...each, state: stateOf(each) })),
        null,
        2,
      ),
    )
  else print(textTable(['ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'ADDRESS', 'NAME'], shown.map(row)))
  return 0
}
