#!/usr/bin/env bash
# Builds everything and runs every test. The last line is "N passed, N failed, N skipped" over all assemblies.
#   ./test.sh          unit, component, server (SQLite and MySQL), architecture and browser tests
#   ./test.sh --long   the same with what takes minutes: kills, load, long fuzzing
#   ./test.sh --only Portal.Helm.Tests   one project
set -uo pipefail
cd "$(dirname "$0")"
root=$PWD
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
# Short-lived processes do not live long enough to earn back what profiling them costs.
export DOTNET_TieredPGO=0

long=false only=
while [ $# -gt 0 ]; do
  case $1 in
    --long) long=true ;;
    --only) only=${2:?--only needs a project}; shift ;;
    *) echo "test.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done

say() { printf '\n== %s\n' "$*"; }
fail() { echo "test.sh: $*" >&2; exit 1; }

command -v dotnet >/dev/null || fail "the .NET 10 SDK is needed (https://dotnet.microsoft.com/download)"

# Real parts for the tests: a browser, a MySQL server, Redis. Installed only when missing.
missing=()
[ -x "${PORTAL_TEST_CHROMIUM:-/usr/bin/chromium}" ] || missing+=(chromium)
command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] || missing+=(mariadb-server)
command -v docker-registry >/dev/null || missing+=(docker-registry)
command -v redis-server >/dev/null || missing+=(redis-server)
if [ ${#missing[@]} -gt 0 ]; then
  say "install ${missing[*]}"
  command -v apt-get >/dev/null || fail "install ${missing[*]} first"
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" fonts-dejavu-core; } >/dev/null \
    || fail "could not install ${missing[*]}"
fi

mkdir -p artifacts/logs artifacts/screenshots
say build
dotnet build Iomete.Portal.sln -v q -clp:NoSummary > artifacts/logs/build.log 2>&1 || { tail -n 40 artifacts/logs/build.log; fail "the build failed"; }

passed=0 failed=0 skipped=0 broken=()
declare -A started process

# run NAME PROJECT [VAR=VALUE ...]: one test project, counted.
run() { launch "$@"; report "$1" "$2"; }

# launch NAME PROJECT [VAR=VALUE ...]: starts one; report NAME PROJECT waits for it and counts.
launch() {
  local name=$1 project=$2; shift 2
  [ -z "$only" ] || [ "$only" = "$project" ] || return 0
  local filter='Category!=Long'
  $long && filter=
  started[$name]=$SECONDS
  env "$@" dotnet test "tests/$project" --no-build ${filter:+--filter "$filter"} --logger "console;verbosity=normal" > "artifacts/logs/$name.log" 2>&1 &
  process[$name]=$!
}

report() {
  local name=$1 project=$2
  [ -z "$only" ] || [ "$only" = "$project" ] || return 0
  say "$name"
  local log=artifacts/logs/$name.log
  wait "${process[$name]}"
  local code=$?
  # The console logger at normal verbosity prints "Total tests: N", "     Passed: N", ...
  count() { grep -E "^ +$1: +[0-9]+" "$log" | tail -n 1 | grep -oE '[0-9]+' || echo 0; }
  local p f s; p=$(count Passed) f=$(count Failed) s=$(count Skipped)
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  echo "$p passed, $f failed, $s skipped in $((SECONDS - started[$name])) s"
  if [ $code -ne 0 ] || [ $((p + f)) -eq 0 ]; then
    broken+=("$name")
    grep -E -A 25 '^ +(Failed|X) |error |Unhandled|\[FAIL\]' "$log" | head -n 120
  fi
  # Every skip has its reason in tests/skips.txt: "test<TAB>reason".
  if [ "$s" -gt 0 ]; then
    while read -r test; do
      cut -f1 tests/skips.txt | grep -qxF "$test" || { echo "skipped without a reason in tests/skips.txt: $test"; broken+=("$name"); }
    done < <(grep -E '^ +Skipped ' "$log" | sed -E 's/^ +Skipped ([^ (]+).*/\1/' | sort -u)
  fi
}

run core Portal.Core.Tests
run architecture Portal.Architecture.Tests
run helm Portal.Helm.Tests
run cli Portal.Cli.Tests
run client Portal.Client.Tests
# These wait more than they work: two at a time.
launch sandbox Portal.Sandbox.Tests
launch cluster Portal.Cluster.Tests
report sandbox Portal.Sandbox.Tests
report cluster Portal.Cluster.Tests
if [ -z "$only" ] || [ "$only" = Portal.Server.Tests ] || [ "$only" = Portal.EndToEnd ]; then
  mysql=$(eng/test-mysql start) || fail "MySQL did not start: $mysql"
  trap 'eng/test-mysql stop >/dev/null 2>&1' EXIT
  launch server-sqlite Portal.Server.Tests PORTAL_TEST_DB=sqlite
  launch server-mysql Portal.Server.Tests PORTAL_TEST_DB=mysql "PORTAL_TEST_MYSQL=$mysql"
  report server-sqlite Portal.Server.Tests
  report server-mysql Portal.Server.Tests
fi
run browser Portal.EndToEnd "PORTAL_ARTIFACTS=$root/artifacts" "PORTAL_TEST_MYSQL=${mysql:-}"

if [ ${#broken[@]} -gt 0 ]; then
  say "failed: ${broken[*]} (logs in artifacts/logs)"
  [ "$failed" -gt 0 ] || failed=${#broken[@]}
fi
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] && [ ${#broken[@]} -eq 0 ]
