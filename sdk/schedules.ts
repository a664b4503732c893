import { allOf, pageCall } from "./pages.ts"
import type { Backfilled, CreateSchedule, Fire, NextFire, Page, PageOptions, Schedule } from "./shapes.ts"
import type { Transport } from "./transport.ts"

type ListSchedules = PageOptions & { readonly workflow?: string }
type ListFires = PageOptions & { readonly status?: string }
type BackfillRange = { readonly from: string; readonly to: string; readonly dry_run?: boolean }

export const schedulesOf = (transport: Transport) => {
  const root = "/api/v1/schedules"
  const path = (name: string) => `${root}/${encodeURIComponent(name)}`
  const list = (options: ListSchedules = {}) => transport.json<Page<Schedule>>(pageCall(root, options))
  const fires = (name: string, options: ListFires = {}) =>
    transport.json<Page<Fire>>(pageCall(`${path(name)}/fires`, options))
  return {
    list,
    all: (options: ListSchedules = {}) => allOf(list, options),
    get: (name: string) => transport.json<Schedule>({ path: path(name) }),
    create: (schedule: CreateSchedule) =>
      transport.json<Schedule>({ method: "POST", path: root, json: schedule }),
    delete: (name: string) => transport.json<undefined>({ method: "DELETE", path: path(name) }),
    /** What is due meanwhile is left out for good. */
    pause: (name: string) => transport.json<Schedule>({ method: "POST", path: `${path(name)}/pause` }),
    resume: (name: string) => transport.json<Schedule>({ method: "POST", path: `${path(name)}/resume` }),
    /** When it will be due. */
    next: (name: string, count = 10) =>
      transport.json<Page<NextFire>>({ path: `${path(name)}/next`, query: { count } }),
    /** What became of each time that was due, latest first. */
    fires,
    allFires: (name: string, options: ListFires = {}) => allOf((page) => fires(name, page), options),
    /** Starts a run for every time of the range that has none. */
    backfill: (name: string, range: BackfillRange) =>
      transport.json<Backfilled>({ method: "POST", path: `${path(name)}/backfill`, json: range }),
  }
}
