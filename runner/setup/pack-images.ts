import { statSync } from 'node:fs'
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { buildRootfs } from './build-rootfs.ts'
import { requireSuccess, run } from './run-tool.ts'
import { say } from './say.ts'
import { busyboxSkeleton, helloSkeleton, type Skeleton } from './skeleton.ts'
import { type Busybox, takeBusybox } from './take-busybox.ts'
import { placeToBuild, withWorkspace } from './workspace.ts'

type ImageToPack = {
  readonly skeleton: Skeleton
  /** what it runs when it is told nothing else; /bin/sh where this is missing */
  readonly cmd?: readonly string[]
}

// dev/ is empty, as in every image of Docker's, because a container gets devices of its own.
const imagesToPack = (): Record<string, ImageToPack> => ({
  busybox: { skeleton: { ...busyboxSkeleton, devices: [] } },
  hello: { skeleton: helloSkeleton(), cmd: ['/hello'] },
})

// So that one busybox gives the same bytes every time: tar(1).
const reproducible = '--format=ustar --sort=name --mtime=@1577836800 --owner=0 --group=0 --numeric-owner'.split(' ')

/**
 * Packs the images: freshly built root filesystems, so that nothing a reader did in `busybox/` is in them.
 *
 * @param directory where they go, made when it is missing
 * @param installed the busybox to pack
 * @throws SetupError when tar fails; it must be GNU tar
 */
export const packImages = async (directory: string, installed: string): Promise<void> => {
  await mkdir(directory, { recursive: true })
  if ((statSync(directory).mode & 0o7777) !== 0o755) await chmod(directory, 0o755)
  await withWorkspace(placeToBuild(directory), async workspace => {
    const busybox = await takeBusybox(installed, workspace)
    for (const [name, { skeleton, cmd }] of Object.entries(imagesToPack())) {
      const tar = join(directory, `${name}.tar`)
      await pack(tar, busybox, skeleton, workspace)
      if (cmd) await configure(join(directory, `${name}.json`), cmd, workspace)
      say(`  ${name}.tar, ${Math.ceil(statSync(tar).size / 2 ** 10)} KiB`)
    }
  })
}

const pack = async (tar: string, busybox: Busybox, skeleton: Skeleton, workspace: string): Promise<void> => {
  const built = join(workspace, basename(tar, '.tar'))
  const packed = join(workspace, basename(tar))
  await buildRootfs(built, busybox, skeleton)
  requireSuccess(await run`tar ${reproducible} -cf ${packed} -C ${built} .`)
  await putInPlace(packed, tar)
}

const configure = async (file: string, cmd: readonly string[], workspace: string): Promise<void> => {
  const written = join(workspace, basename(file))
  await writeFile(written, `${JSON.stringify({ cmd })}\n`)
  await putInPlace(written, file)
}

// A file that was there is replaced at once, so that nobody finds half of one.
const putInPlace = async (made: string, path: string): Promise<void> => {
  await chmod(made, 0o644)
  await rename(made, path)
}
