import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireSuccess, run } from '../../runner/setup/run-tool.ts'
import { quoted } from '../harness/shell-words.ts'

type Run = {
  /** set for the tests */
  readonly environment: Record<string, string>
  /** arguments of `vitest run` */
  readonly vitest: string[]
}

/** The files of the working tree which git knows, or would take. */
export const filesOf = async (repository: string): Promise<string[]> => {
  const listed = requireSuccess(await run`git -C ${repository} ls-files -z --cached --others --exclude-standard`)
  return listed.stdout.split('\0').filter(file => file && existsSync(join(repository, file)))
}

/**
 * Packs the working tree as it is now, with what is to be run of it. The tar is the disk.
 *
 * @param disk the file to make
 * @param workspace a directory for what has to be written down
 */
export const packProject = async (
  disk: string,
  workspace: string,
  repository: string,
  files: string[],
  { environment, vitest }: Run,
): Promise<void> => {
  const lines = [
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${quoted([value])}`),
    `set -- ${quoted(vitest)}`,
    '. /skdocker/test/vm/inside.sh',
  ]
  await writeFile(join(workspace, 'vm-run.sh'), `${lines.join('\n')}\n`)
  const list = join(workspace, 'list')
  await writeFile(list, files.map(file => `${file}\0`).join(''))
  const owner = ['--owner=0', '--group=0', '--numeric-owner']
  requireSuccess(await run`tar -cf ${disk} ${owner} -C ${repository} --null -T ${list}`)
  requireSuccess(await run`tar -rf ${disk} ${owner} -C ${workspace} vm-run.sh`)
}
