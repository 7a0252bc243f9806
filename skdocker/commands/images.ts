import { getopt, print } from '#native/index.ts'
import { listImages } from '../image-store.ts'
import { textTable, timeAgo } from '../text-table.ts'

const megabytes = (bytes = 0): string => (bytes > 0 ? `${(bytes / 1e6).toFixed(1)} MB` : '')

/** skdocker images: what containers can be made of. */
export const images = async (args: readonly string[]): Promise<number> => {
  getopt('', {}, args, 'skdocker images')
  const rows = listImages().map(({ name, layers, bytes, created }) => [
    name,
    String(layers ?? 'damaged'),
    megabytes(bytes),
    timeAgo(created),
  ])
  print(textTable(['IMAGE', 'LAYERS', 'SIZE', 'CREATED'], rows))
  return 0
}
