# Sourced by `wf` and `tests/run.sh`: finds Bun or installs it into .bun/, and the dependencies from the lockfile.
# Expects $root; sets $bun. Says on stderr what it downloads, before it does.

bun_version=1.4.5

tell() { printf 'wf: %s\n' "$*" >&2; }

fail() {
  tell "$*"
  exit 1
}

show_log_and_fail() {
  cat "$root/.bun/install.log" >&2
  fail "$*"
}

is_pinned() { [ "$("$1" --version 2>/dev/null)" = "$bun_version" ]; }

find_bun() {
  local_bun=$root/.bun/node_modules/bun/bin/bun.exe
  for candidate in "$(command -v bun 2>/dev/null || true)" "$local_bun"; do
    if [ -n "$candidate" ] && is_pinned "$candidate"; then
      bun=$candidate
      return 0
    fi
  done
  return 1
}

# Through npm, or through a Bun of another version where that is all there is.
install_bun() {
  other_bun=$(command -v bun 2>/dev/null || true)
  if command -v npm >/dev/null 2>&1; then through=npm script_runner=node
  elif [ -n "$other_bun" ]; then through="Bun $("$other_bun" --version)" script_runner=$other_bun
  else
    fail "Bun $bun_version is needed. Install Node.js 20 or newer (with npm), or Bun $bun_version itself, and run this again."
  fi
  tell "installing Bun $bun_version into .bun/ through $through (about 40 MB to download) …"
  printf '{ "private": true }\n' >"$root/.bun/package.json"
  if [ "$through" = npm ]; then
    (cd "$root/.bun" && npm install --no-audit --no-fund --no-update-notifier "bun@$bun_version" >install.log 2>&1)
  else
    (cd "$root/.bun" && "$other_bun" add --exact --no-progress "bun@$bun_version" >install.log 2>&1)
  fi || show_log_and_fail "$through could not install Bun. Check the network and the registry's settings, and run this again."
  # Newer npm runs no install scripts unasked; this one puts the binary in its place.
  is_pinned "$local_bun" || "$script_runner" "$root/.bun/node_modules/bun/install.js" >&2 || true
  is_pinned "$local_bun" || fail "The installed Bun does not start on this machine ($(uname -sm))."
  bun=$local_bun
}

# $1: "production" or "all". Once everything is there, production is there too.
install_dependencies() {
  if [ "$1" = all ]; then
    tell "installing the dependencies of the lockfile (about 220 MB to download) …"
    "$bun" install --cwd "$root" --frozen-lockfile --no-progress >"$root/.bun/install.log" 2>&1
  else
    tell "installing the dependencies of the lockfile (about 60 MB to download) …"
    "$bun" install --cwd "$root" --frozen-lockfile --production --no-progress >"$root/.bun/install.log" 2>&1
  fi || show_log_and_fail "the dependencies could not be installed (see above)."
}

# One at a time: a second start waits for the first one's installation, and takes over from one that died.
lock_setup() {
  tries=0
  until mkdir "$root/.bun/lock" 2>/dev/null; do
    owner=$(cat "$root/.bun/lock/pid" 2>/dev/null || true)
    tries=$((tries + 1))
    if [ $tries -gt 20 ] && ! { [ -n "$owner" ] && kill -0 "$owner" 2>/dev/null; }; then
      rm -rf "$root/.bun/lock"
    fi
    [ $tries -le 600 ] || fail "another installation holds .bun/lock; remove that folder if there is none."
    sleep 0.5
  done
  printf '%s\n' "$$" >"$root/.bun/lock/pid"
  trap 'rm -rf "$root/.bun/lock"' EXIT INT TERM
}

set_up() {
  mkdir -p "$root/.bun" 2>/dev/null && [ -w "$root/.bun" ] ||
    fail "$root can't be written by $(id -un). Run ./wf once as its owner, or make a checkout of your own."
  lock_setup
  find_bun || install_bun
  if ! is_ready "$1"; then
    install_dependencies "$1"
    : >"$root/.bun/ready-$1"
  fi
  printf '%s\n' "$bun" >"$root/.bun/path"
  rm -rf "$root/.bun/lock"
  trap - EXIT INT TERM
}

is_ready() {
  [ -d "$root/node_modules" ] || return 1
  [ "$root/.bun/ready-all" -nt "$root/bun.lock" ] && return 0
  [ "$1" = production ] && [ "$root/.bun/ready-production" -nt "$root/bun.lock" ]
}

# $1: what has to be installed. Costs no process when all of it is.
ensure_toolchain() {
  if is_ready "$1" && [ -r "$root/.bun/path" ]; then
    read -r bun <"$root/.bun/path"
    [ -x "$bun" ] && return 0
  fi
  set_up "$1"
}
