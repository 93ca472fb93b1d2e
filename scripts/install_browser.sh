#!/bin/sh
# The browser and the nginx of the tests: found, installed (Debian, as root), or asked for in one sentence.
set -eu
PATH="$PATH:/usr/sbin"
WANTED="chromium chromium-driver nginx libnginx-mod-http-lua libnginx-mod-stream"
MODULES=/usr/lib/nginx/modules
found() {
  command -v chromium >/dev/null && command -v chromedriver >/dev/null && command -v nginx >/dev/null && [ -e "$MODULES/ngx_http_lua_module.so" ] && [ -e "$MODULES/ngx_stream_module.so" ]
}

found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing $WANTED for the tests."
  export DEBIAN_FRONTEND=noninteractive
  policy=/usr/sbin/policy-rc.d  # Debian starts no service while this says so
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
  fi
  served=$(command -v nginx || true)
  # shellcheck disable=SC2086
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends $WANTED; } \
    </dev/null >/dev/null || true
  [ -n "$served" ] || systemctl disable nginx >/dev/null 2>&1 || true  # nor at the next start
  found && exit 0
fi
echo "The tests need chromium, chromedriver and nginx with its Lua and stream modules: \
on Debian, run 'sudo apt-get install $WANTED'." >&2
exit 1
