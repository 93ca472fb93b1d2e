#!/bin/sh
# The load generator of the benchmarks: found, installed (Debian, as root), or asked for in one sentence.
set -eu
found() { command -v hey >/dev/null; }

found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing hey for the benchmarks."
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends hey; } </dev/null >/dev/null || true
  found && exit 0
fi
echo "The benchmarks need hey on the PATH: on Debian, run 'sudo apt-get install hey'." >&2
exit 1
