#!/bin/sh
# `npm test`: installs what the tests need, saying first what it downloads, and runs them.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/deploy/toolchain.sh"
ensure_toolchain all
exec "$bun" "$root/tests/run.ts" "$@"
