import { getopt, ProgramError } from '#native/index.ts'
import { downNetwork, upNetwork } from '#parts/network/bridge.ts'
import { subnetOption } from '#parts/network/network-options.ts'
import { parseSubnet } from '#parts/network/subnet.ts'

const down = { type: 'boolean', help: 'take everything back' } as const
const { options } = getopt('', { ...subnetOption, down })

if (options.down && options.subnet) throw new ProgramError('--down takes back what is there: leave --subnet out')
if (options.down) await downNetwork()
else await upNetwork(options.subnet === undefined ? undefined : parseSubnet(options.subnet))
