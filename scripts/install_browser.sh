#!/bin/sh
# The browser of the tests: found, installed (Debian, as root), or asked for in one sentence.
set -eu
found() { command -v chromium >/dev/null && command -v chromedriver >/dev/null; }

found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing chromium and chromium-driver for the browser tests."
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver; } \
    </dev/null >/dev/null || true
  found && exit 0
fi
echo "The browser tests need chromium and chromedriver on the PATH: \
on Debian, run 'sudo apt-get install chromium chromium-driver'." >&2
exit 1
