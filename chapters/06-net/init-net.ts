/** Makes the bridge that the containers are plugged into, or takes it down. */

import { getopt, ProgramError } from '#native/index.ts'
import { createBridge, removeBridge } from '#parts/network/bridge.ts'
import { parseSubnet, subnetOption } from '#parts/network/subnet.ts'

const down = { type: 'boolean', help: 'take everything back' } as const
const { options } = getopt('', { ...subnetOption, down })

if (options.down && options.subnet) throw new ProgramError('--down takes back what is there: leave --subnet out')
if (options.down) await removeBridge()
else await createBridge(options.subnet === undefined ? undefined : parseSubnet(options.subnet))
