#!/usr/bin/env bash
# Installs what the tests need, builds everything, runs every test. Works on a fresh Debian 12 with the .NET 10 SDK.
#   ./test.sh            all tests, those with faults of processes in their short form
#   ./test.sh --all      all tests in their whole form, which takes much longer
#   ./test.sh FILTER     only tests whose full name contains FILTER; after --all, in their whole form
# Last come the tests of the Python client, on Debian's Python, against the silo that was just built.
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
# What collects a silo's metrics. Its package starts one of its own too.
command -v prometheus >/dev/null || needed+=(prometheus)
# The browser that looks at the page.
command -v chromium >/dev/null || needed+=(chromium)
# Several trainers that share one model.
{ [[ $libraries == *libmpi.so.40* ]] && command -v mpirun >/dev/null; } || needed+=(openmpi-bin)
# What the Python client is tested with: Debian's, because PyTorch from elsewhere is large and another for every machine.
for pair in torch:python3-torch numpy:python3-numpy sklearn:python3-sklearn pytest:python3-pytest build:python3-build \
  setuptools:python3-setuptools wheel:python3-wheel; do
  compgen -G "/usr/lib/python3*/dist-packages/${pair%%:*}/__init__.py" >/dev/null || needed+=("${pair#*:}")
done
if [ ${#needed[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q "${needed[@]}"
    # The packages start servers of their own, which nobody asked for.
    [[ " ${needed[*]} " != *" pgbouncer "* ]] || service pgbouncer stop >/dev/null 2>&1 || true
    [[ " ${needed[*]} " != *" prometheus "* ]] || for server in prometheus prometheus-node-exporter; do
      service "$server" stop >/dev/null 2>&1 || true
    done
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

echo "== python"
export COKE_SILO="dotnet '$PWD/src/Silo/bin/Release/net10.0/CoKe.Silo.dll'"
filter=()
[ $# -gt 0 ] && filter=(-k "$1")
code=0
(cd python && exec /usr/bin/python3 -m pytest -p no:cacheprovider --color=no "${filter[@]}" tests) 2>&1 | tee "$log" || code=$?
# "3 failed, 124 passed, 1 skipped, 1 error in 56.71s": the last line that looks like this, in whatever order.
line=$(grep -E '^(=+ )?([0-9]+ [a-z]+(, )?)+ in [0-9.]+s' "$log" | tail -n 1 || true)
of() { grep -oE "[0-9]+ $1" <<<"$line" | grep -oE '^[0-9]+' || echo 0; }
if [ "$code" -ne 5 ] || [ $# -eq 0 ]; then # 5: no test matches, which is fine under a filter
  passed=$((passed + $(of passed))) skipped=$((skipped + $(of skipped)))
  failed=$((failed + $(of failed) + $(of 'errors?')))
  [ "$code" -eq 0 ] && [ "$(of passed)" -gt 0 ] || { echo "python ended with $code." >&2; broken=$((broken + 1)); }
fi
if [ $# -eq 0 ]; then
  # The package can be built where nothing can be downloaded. What is built beside the sources is copied with them, so they are copied.
  package=$(mktemp -d)
  cp -r python/. "$package/python"
  /usr/bin/python3 -m build --no-isolation --outdir "$package/dist" "$package/python" >"$log" 2>&1 &&
    compgen -G "$package/dist/*.whl" >/dev/null || { tail -n 20 "$log" >&2; echo "python: the package cannot be built." >&2; broken=$((broken + 1)); }
  rm -rf "$package"
fi

# A project that died without a count must not look green.
[ "$broken" -gt 0 ] && [ "$failed" -eq 0 ] && failed=$broken
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] # a filter that matches nothing is a mistake, not a success
