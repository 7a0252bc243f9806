/** The tools of the host that the chapters call. */

import { cureForMissing, isInstalled } from '#native/find-on-path.ts'
import { cure } from '../setup/complete-tools.ts'
import { type Tool, tools as wanted } from '../setup/host-tools.ts'
import { hasTool } from '../setup/run-tool.ts'
import { chaptersFrom, type Finding, missing, ok } from './finding.ts'

/** Which chapters' programs cannot do without; the others are for experiments. */
const NEEDED_BY: Readonly<Record<string, readonly number[]>> = {
  tar: chaptersFrom(7),
  ip: chaptersFrom(6),
  iptables: chaptersFrom(6),
}

const nameOf = ({ anyOf }: Tool): string => anyOf.join(' or ')

const look = (tool: Tool): Finding => {
  const subject = {
    id: `tool.${tool.anyOf[0]}`,
    name: `tool ${nameOf(tool)}`,
    chapters: NEEDED_BY[tool.anyOf[0]!] ?? [],
    commands: ['check'],
  }
  const found = tool.anyOf.find(hasTool)
  if (found && !tool.anyOf.some(isInstalled))
    return missing(subject, 'not on PATH', cureForMissing(tool.anyOf, found))
  return found ? ok(subject, `${found} is there`) : missing(subject, tool.why, cure(tool))
}

/** Looks for the tools. */
export const tools = (): Finding[] => wanted.map(look)
