#!/usr/bin/env bash
# Installs what the tests need, builds everything, runs every test. Works on a fresh Debian 12 with the .NET 10 SDK.
#   ./test.sh            all tests, those with faults of processes in their short form
#   ./test.sh --all      all tests in their whole form, which takes much longer
#   ./test.sh FILTER     only tests whose full name contains FILTER; after --all, in their whole form
set -euo pipefail
cd "$(dirname "$0")"

if [ "${1:-}" = --all ]; then
  shift
  export COKE_ALL=1 COKE_PROCESS_SWEEP=1 COKE_KILL_SCHEDULES="${COKE_KILL_SCHEDULES:-100}"
fi

command -v dotnet >/dev/null || { echo "The .NET 10 SDK is missing: install it, then run ./test.sh again." >&2; exit 2; }

# What native code in the tests links to. The packages bring the rest with them; a slim image may lack these two.
# ldconfig is not on everybody's path; its list is read first, because a pipe that closes early would count as a miss.
libraries=$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p)
needed=()
for pair in libstdc++6:libstdc++.so.6 zlib1g:libz.so.1; do
  [[ $libraries == *"${pair#*:}"* ]] || needed+=("${pair%%:*}")
done
# A PostgreSQL server, which the tests start by themselves in temporary folders.
postgres=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb || true)
[ -n "$postgres" ] || needed+=(postgresql)
# A pooler before it. Its package starts one of its own too.
[ -x /usr/sbin/pgbouncer ] || needed+=(pgbouncer)
# Several trainers that share one model.
{ [[ $libraries == *libmpi.so.40* ]] && command -v mpirun >/dev/null; } || needed+=(openmpi-bin)
if [ ${#needed[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q "${needed[@]}"
    # The packages start servers of their own, which nobody asked for.
    [[ " ${needed[*]} " != *" pgbouncer "* ]] || service pgbouncer stop >/dev/null 2>&1 || true
    [ -n "$postgres" ] || pg_lsclusters -h | while read -r version cluster _ status _; do
      [[ $status != online* ]] || pg_ctlcluster "$version" "$cluster" stop
    done
  else
    echo "These packages are missing: ${needed[*]}. Install them as root (apt-get install ${needed[*]}), then run ./test.sh again." >&2
    exit 2
  fi
fi

dotnet build CoKe.Orleans.sln -c Release --nologo -v quiet -clp:NoSummary

passed=0 failed=0 skipped=0 broken=0
dotnet format --verify-no-changes --no-restore || {
  echo "Some files are not formatted: run 'dotnet csharpier format . && dotnet format whitespace' (CONTRIBUTING.md)." >&2
  broken=1
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for project in tests/*/*.csproj; do
  name=$(basename "$(dirname "$project")")
  echo "== $name"
  filter=()
  [ $# -gt 0 ] && filter=(--filter "FullyQualifiedName~$1")
  # One project after the other: the tests start silos and train, and share two cores.
  dotnet test "$project" -c Release --no-build --nologo "${filter[@]}" --logger "console;verbosity=minimal" 2>&1 | tee "$log" || broken=$((broken + 1))
  line=$(grep -E '(Passed|Failed)! +- +Failed:' "$log" | tail -n 1 || true)
  if [ -z "$line" ]; then
    # A project without a matching test is fine under a filter; otherwise its run died.
    [ $# -gt 0 ] || { echo "$name ran no test." >&2; broken=$((broken + 1)); }
    continue
  fi
  number() { sed -E "s/.*$1: +([0-9]+).*/\1/" <<<"$line"; }
  failed=$((failed + $(number Failed))) passed=$((passed + $(number Passed))) skipped=$((skipped + $(number Skipped)))
done

# A project that died without a count must not look green.
[ "$broken" -gt 0 ] && [ "$failed" -eq 0 ] && failed=$broken
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] # a filter that matches nothing is a mistake, not a success
