/**
 * A small process that outlives the worker by a moment: when the worker's pipe closes, however it died, it ends
 * the process groups of the tasks that were running.
 */
export type Reaper = {
  watch(group: number): void
  forget(group: number): void
  stop(): Promise<void>
}

/** Groups are kept as words of one variable: ` 12 34 `. */
const script = `
groups=" "
while IFS=' ' read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -TERM -- "-$group" 2>/dev/null; done
[ "$groups" = " " ] && exit 0
sleep 2
for group in $groups; do kill -KILL -- "-$group" 2>/dev/null; done
exit 0
`

export const startReaper = (): Reaper => {
  const child = Bun.spawn(["sh", "-c", script], {
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    // A Ctrl-C at the terminal goes to the whole foreground group; this one has to live longer.
    detached: true,
  })
  const tell = (line: string) => {
    child.stdin.write(`${line}\n`)
    child.stdin.flush()
  }
  return {
    watch: (group) => tell(`+ ${group}`),
    forget: (group) => tell(`- ${group}`),
    async stop() {
      await child.stdin.end()
      await child.exited
    },
  }
}
