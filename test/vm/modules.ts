import { readFileSync } from 'node:fs'
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireSuccess, run } from '../../runner/setup/run-tool.ts'
import type { Architecture } from './architecture.ts'
import { cached } from './cache.ts'

// npx, which some tests call, is in the package npm.
const npmVersion = '10'

/**
 * A disk with Node and the project's node_modules, both for the machine's architecture, from npm alone.
 *
 * @param repository where package.json and package-lock.json are
 * @returns the disk's path
 * @throws SetupError with npm's complaint
 */
export const modulesOf = async (architecture: Architecture, node: string, repository: string): Promise<string> => {
  const [manifest, lockFile] = [join(repository, 'package.json'), join(repository, 'package-lock.json')]
  const { dependencies, devDependencies } = JSON.parse(readFileSync(manifest, 'utf8'))
  const recipe = { node, npmVersion, dependencies, devDependencies, lock: readFileSync(lockFile, 'utf8') }
  const directory = await cached(`node-${node}-${architecture.name}`, recipe, async made => {
    const root = join(made, 'root')
    const nodePrefix = join(root, 'node')
    await mkdir(nodePrefix, { recursive: true })
    for (const path of [manifest, lockFile]) await copyFile(path, join(root, path.slice(repository.length)))
    await writeFile(join(nodePrefix, 'package.json'), '{ "private": true }')

    const target = ['--os=linux', `--cpu=${architecture.cpu}`, '--libc=glibc']
    const npm = run({ env: { ...process.env, npm_config_audit: 'false', npm_config_fund: 'false' } })
    requireSuccess(await npm`npm ci --ignore-scripts ${target} --prefix ${root}`)
    // Forced, since npm looks at this machine, too, for packages that are asked for by name.
    const wanted = [`node-linux-${architecture.cpu}@${node}`, `npm@${npmVersion}`]
    requireSuccess(await npm`npm install --force --ignore-scripts ${target} --prefix ${nodePrefix} ${wanted}`)

    requireSuccess(await run`mke2fs -q -t ext4 -m 0 -d ${root} ${join(made, 'disk')} 900M`)
    await rm(root, { recursive: true })
  })
  return join(directory, 'disk')
}
