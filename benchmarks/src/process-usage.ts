/** What the kernel knows of a process, its processor time and its memory, and how busy the machine is: read from /proc. */
import { existsSync, readFileSync } from 'node:fs'

/** The whole process with all its threads. */
export interface ProcessUsage {
  /** User and system time since its start, in seconds. */
  readonly cpuSeconds: number
  readonly residentMiB: number
  /** The most it ever was (`VmHWM`). */
  readonly peakMiB: number
}

/** Linux has told times in this unit for two decades, whatever the kernel's own clock does. */
const TICKS_PER_SECOND = 100
const IDLE = 3
const IO_WAIT = 4
const GUEST = 8
const UTIME = 11
const STIME = 12

/** Undefined when the process has gone, or where there is no /proc. */
export function usageOf(pid: number | undefined): ProcessUsage | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in parentheses, may hold spaces: fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const resident = mebibytes(status, /VmRSS:\s+(\d+)/)
    // A process that has just ended still has a status, without memory.
    if (resident === undefined) return undefined
    return {
      cpuSeconds: (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND,
      residentMiB: resident,
      peakMiB: mebibytes(status, /VmHWM:\s+(\d+)/) ?? resident
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined
    throw error
  }
}

/** How long all cores together were busy since the machine started, in seconds; undefined where there is no /proc. */
export function busySeconds(): number | undefined {
  if (!existsSync('/proc/stat')) return undefined
  const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.split(/\s+/)
  // What guests take is in the time of users too.
  const busy = ticks.slice(0, GUEST).filter((_, at) => at !== IDLE && at !== IO_WAIT)
  return busy.reduce((sum, each) => sum + Number(each), 0) / TICKS_PER_SECOND
}

function mebibytes(status: string, pattern: RegExp): number | undefined {
  const kibibytes = pattern.exec(status)?.[1]
  return kibibytes === undefined ? undefined : Math.round(Number(kibibytes) / 1024)
}
