/** Unpacks a tar once and says whether it has: `unpack-once.ts <tar> <directory>` */

import { argv } from '#native/index.ts'
import { unpackOnce } from '#parts/image/layer-store.ts'

const [tar, directory] = argv('<tar> <directory>')
console.log(await unpackOnce(tar, directory))
