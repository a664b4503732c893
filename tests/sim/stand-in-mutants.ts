import type { Mutant } from "./mutants.ts"

/** Mistakes in what stands here for SQL and for the doors. */
export const in_stand_ins: readonly Mutant[] = [
  {
    name: "a part of a transaction is there before its commit",
    path: "services/scheduler/memory/database.ts",
    from: "if (isBefore) end(session)",
    to: "if (isBefore) {\n        session.writes.splice(1)\n        apply(session)\n      }",
  },
  {
    name: "claims aren't closed",
    path: "services/scheduler/memory/save.ts",
    from: "  closeClaims(changes, decided.ended)\n",
    to: "",
  },
  {
    name: "a run that is resumed leaves what was blocked where it is",
    path: "tests/sim/users.ts",
    from: "    unblockRun(session, run_id)\n",
    to: "",
  },
  {
    name: "a claim takes what is not queued any more",
    path: "services/scheduler/memory/take.ts",
    from: 'if (task?.status !== "queued") return undefined',
    to: "if (!task) return undefined",
  },
  {
    name: "runs that others hold aren't skipped",
    path: "services/scheduler/memory/take.ts",
    from: "if (run && !session.locks.take(session, runLock(run.id))) {",
    to: "if (run && !run.id) {",
  },
  {
    name: "timers fire before they are due",
    path: "services/scheduler/memory/due.ts",
    from: "due_ms <= begun_ms",
    to: "due_ms <= begun_ms + 300",
  },
  {
    name: "a report hands over without knowing what was set for queues",
    path: "tests/sim/scheduler.ts",
    from: "      await refresh()\n      return report(results)",
    to: "      return report(results)",
  },
  {
    name: "a session that is silent never ends",
    path: "tests/sim/store/sessions.ts",
    from: "lease_until_ms < now_ms",
    to: "lease_until_ms < 0",
  },
]
