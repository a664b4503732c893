# guard.sh SIGNAL GRACE_S LOG COMMAND…
# Runs the command and prints its pid. When standard input ends, because somebody closed it or because the
# parent died, however it died, the command is sent SIGNAL, and KILL if it is still there after GRACE_S.
signal=$1 grace_s=$2 log=$3
shift 3
exec 3<&0
exec 2>>"$log"
"$@" 3<&- </dev/null >>"$log" &
command=$!
echo "$command"
(
  while read -r _ <&3; do :; done
  kill -s "$signal" "$command"
  tenths=$((grace_s * 10))
  while [ "$tenths" -gt 0 ] && kill -0 "$command"; do
    sleep 0.1
    tenths=$((tenths - 1))
  done
  kill -s KILL "$command"
) >/dev/null 2>&1 &
watcher=$!
wait "$command"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
