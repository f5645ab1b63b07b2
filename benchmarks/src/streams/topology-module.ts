/** A workload's topology for worker threads, which import it by URL. */
import type { Topology } from '@millrace/core'
import type { Topics } from './workload.js'
import { WORKLOADS } from './workloads.js'

export function topologyModule(workload: string, topics: Topics): URL {
  const url = new URL(import.meta.url)
  url.searchParams.set('workload', workload)
  url.searchParams.set('topics', JSON.stringify(topics))
  return url
}

/** Built from the query of the URL that this module was imported by. */
export function topology(): Topology {
  const query = new URL(import.meta.url).searchParams
  return WORKLOADS.get(query.get('workload')!)!.topology(JSON.parse(query.get('topics')!) as Topics)
}
