import { getopt } from '#native/index.ts'
import { listImages } from '../image.ts'
import { ago, table } from '../table.ts'

const megabytes = (bytes = 0): string => (bytes > 0 ? `${(bytes / 1e6).toFixed(1)} MB` : '')

/** skdocker images: what containers can be made of. */
export const images = async (args: readonly string[]): Promise<number> => {
  getopt('', {}, args, 'skdocker images')
  const rows = listImages().map(({ name, layers, bytes, created }) => [
    name,
    String(layers),
    megabytes(bytes),
    ago(created),
  ])
  console.log(table(['IMAGE', 'LAYERS', 'SIZE', 'CREATED'], rows))
  return 0
}
