/**
 * A small process that outlives the worker by a moment: when the worker's pipe closes, however it died, it ends
 * the process groups of the tasks that were running, and whoever left them.
 */
export type Reaper = {
  watch(group: number): void
  forget(group: number): void
  stop(): Promise<void>
}

/**
 * Groups are kept as words of one variable: ` 12 34 `; those of its arguments are there from the first moment. Of a
 * group, dash takes the signal only after `-s`. Who left the groups is in the control group of this worker, or was begun
 * with its folder in the environment.
 */
const script = `
cgroup=$1
folder=$2
shift 2
groups=" \${*:+$* }"
while IFS=' ' read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
[ "$groups" = " " ] && exit 0
sleep 2
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
if [ -n "$cgroup" ]; then
  echo 1 > "$cgroup/cgroup.kill"
  for round in 1 2 3; do
    rmdir "$cgroup"/*/ 2>/dev/null
    rmdir "$cgroup" 2>/dev/null && break
    sleep 1
  done
elif [ -n "$folder" ]; then
  for file in $(grep -lsF -e "=$folder/" /proc/[0-9]*/environ); do
    left=\${file#/proc/}
    kill -s KILL "\${left%/environ}" 2>/dev/null
  done
fi
exit 0
`

/** Where to look for those that left their group: in the worker's control group, or by its folder. */
export type Traces = { readonly cgroup?: string | undefined; readonly folder?: string }

const spawn = ({ cgroup = "", folder = "" }: Traces, groups: Iterable<number>, onExit: () => void) =>
  Bun.spawn(["sh", "-c", script, "reaper", cgroup, folder, ...Array.from(groups, String)], {
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    // A Ctrl-C at the terminal goes to the whole foreground group; this one has to live longer.
    detached: true,
    onExit,
  })

/** When it is killed itself, another one takes its place, so that no task loses its guard. */
export const startReaper = (traces: Traces = {}): Reaper => {
  const groups = new Set<number>()
  let stopping = false
  const tell = async (line: string): Promise<void> => {
    try {
      child.stdin.write(`${line}\n`)
      await child.stdin.flush()
    } catch {
      // It has just died: the next one begins with all groups.
    }
  }
  const replace = () => {
    if (!stopping) child = spawn(traces, groups, replace)
  }
  let child = spawn(traces, groups, replace)
  return {
    watch(group) {
      groups.add(group)
      void tell(`+ ${group}`)
    },
    forget(group) {
      groups.delete(group)
      void tell(`- ${group}`)
    },
    async stop() {
      stopping = true
      await child.stdin.end()
      await child.exited
    },
  }
}
