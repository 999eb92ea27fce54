#!/usr/bin/env bash
# The topology of compose.yaml as plain processes on loopback: PostgreSQL, silos, a trainer. Needs no container engine.
set -euo pipefail

usage() {
  cat <<'TEXT'
docker/local-cluster.sh VERB [OPTIONS]

  start             build, then start PostgreSQL and the silos, and wait until they are ready
    --silos N         how many silos; default 2
    --storage KIND    postgres (default), or sqlite or memory for one silo without a database server
    --trainer         start a trainer too
    --free-ports      take free ports; default: PostgreSQL 15432, silos from 11111, gateways from 30000, health from 8080
    --no-build        start what was built before
  status            every process, its ports and what its health page says
  coke ARGS...      runs coke against the silos, for instance: coke runs
  train ARGS...     runs a trainer in the foreground, for instance: train --epochs 3 --run other --out other
  join              start one more silo
  kill WHO          kill -9, then leave it; WHO is the number of a silo, postgres or trainer
  term WHO          ask it to stop (SIGTERM), and wait until it has
  restart WHO       start again what was killed or stopped, on the same ports
  logs [WHO]        the log of one, or the end of all
  stop              stop everything; without --folder its data go too

  --folder DIR      where data, logs and the state file cluster.tsv are; default: a folder of this user under /tmp, deleted by stop
Options of the silos that are not named here go by environment: COKE_CHECKPOINT_INTERVAL=20 docker/local-cluster.sh start
TEXT
}

readonly patience=120 # seconds until something must be ready
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly silo_dll=$root/src/Silo/bin/Release/net10.0/CoKe.Silo.dll
readonly coke_dll=$root/src/Cli/bin/Release/net10.0/coke.dll
readonly trainer_dll=$root/src/Trainer/bin/Release/net10.0/coke-train.dll

fail() {
  echo "$*" >&2
  exit 1
}

# ---- The state file: one line per process, separated by tabs: name, process id, start time of that process, ports of silo, gateway, health. "-": none.

# A number is given to another process some day; the start time of field 22 tells them apart. The name in field 2 may hold blanks.
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

is_alive() { # name
  local pid since
  IFS=$'\t' read -r _ pid since _ < <(row "$1") || return 1
  # What is dead and not yet waited for still has a number.
  [ -n "${since:-}" ] && [ "$(started "$pid")" = "$since" ] && ! grep -q '^State:.Z' "/proc/$pid/status"
}

row() { grep -P "^$1\t" "$state" 2>/dev/null; }

field() { row "$1" | cut -f "$2"; }

names() { cut -f 1 "$state" 2>/dev/null; }

silos() { names | grep -P '^\d+$' || true; }

record() { # name pid silo gateway http
  local rest
  rest=$(grep -vP "^$1\t" "$state" 2>/dev/null || true)
  {
    [ -z "$rest" ] || printf '%s\n' "$rest"
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$(started "$2")" "$3" "$4" "$5"
  } >"$state.new"
  mv "$state.new" "$state"
}

setting() { sed -n "s/^$1=//p" "$folder/settings"; }

require_cluster() {
  [ -f "$state" ] || fail "No cluster in $folder: start one with 'docker/local-cluster.sh start', or name its folder with --folder."
}

resolve() { # what a person calls it, as the state file does
  case ${1:-} in
    "") fail "Say which: the number of a silo, postgres or trainer." ;;
    silo-*) set -- "${1#silo-}" ;;
  esac
  row "$1" >/dev/null || fail "There is no '$1' in $folder: $(names | paste -sd ' ') are there."
  echo "$1"
}

# ---- Ports

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

taken=" "
port() { # preferred; the answer is in $chosen, for a subshell would forget what it took
  chosen=$1
  if [ "$(setting ports)" = free ]; then
    # Below those that the system hands out by itself, so that nobody gets one before the silo listens.
    local top
    top=$(cut -f 1 /proc/sys/net/ipv4/ip_local_port_range)
    [ "$top" -gt 12000 ] || top=32768
    until chosen=$((10000 + (RANDOM * 32768 + RANDOM) % (top - 10000))) && [[ $taken != *" $chosen "* ]] && is_free "$chosen"; do :; done
  elif ! is_free "$chosen"; then
    fail "Port $chosen is in use: stop whoever uses it, or take others with --free-ports."
  fi
  taken+="$chosen "
}

# ---- Waiting

health() { # port; prints the page's sentence, succeeds when it is ready
  local line status text=""
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
  read -r -t 5 _ status _ <&3 || true
  while IFS= read -r -t 5 line <&3 && [ "${line%$'\r'}" != "" ]; do :; done
  read -r -t 5 text <&3 || true
  exec 3>&-
  echo "${text:-no answer}"
  [ "${status:-}" = 200 ]
} 2>/dev/null

await_ready() { # name
  local text="no answer" end=$((SECONDS + patience))
  until text=$(health "$(field "$1" 6)"); do
    is_alive "$1" || fail "Silo $1 ended: $(tail -n 3 "$folder/silo-$1.log" | paste -sd ' '). Its log is $folder/silo-$1.log."
    [ $SECONDS -lt $end ] || fail "Silo $1 is not ready after $patience s: $text. Its log is $folder/silo-$1.log."
    sleep 0.2
  done
}

await_end() { # name seconds
  local end=$((SECONDS + $2))
  while is_alive "$1"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}

# ---- PostgreSQL. It refuses to run as root, so root runs it as the user that Debian's package makes.

find_postgres() {
  local candidate
  for candidate in "${PG_BIN:-}" /usr/lib/postgresql/15/bin; do
    [ -n "$candidate" ] && [ -x "$candidate/initdb" ] && pg=$candidate && break
  done
  [ -n "${pg:-}" ] || fail "PostgreSQL 15 is missing: 'apt-get install postgresql-15', or name the folder of its programs by PG_BIN, or start one silo with --silos 1 --storage sqlite."
  as_owner=()
  if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || fail "PostgreSQL refuses to run as root, and there is no user postgres: 'useradd --system postgres', or start the cluster as another user."
    as_owner=(runuser -u postgres --)
  fi
}

make_database() {
  find_postgres
  mkdir -p "$folder/postgres"
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$folder/postgres-password"
  chmod 600 "$folder/postgres-password"
  if [ ${#as_owner[@]} -gt 0 ]; then
    chown postgres "$folder/postgres" "$folder/postgres-password"
    "${as_owner[@]}" test -w "$folder/postgres" || fail "User postgres may not enter $folder: name a folder under /tmp or /var with --folder, or start the cluster as another user."
  fi
  (cd "$folder/postgres" && "${as_owner[@]}" "$pg/initdb" --pgdata="$folder/postgres/data" --username=coke --pwfile="$folder/postgres-password" \
    --auth=scram-sha-256 --encoding=UTF8 --no-locale --data-checksums) >"$folder/postgres.log" 2>&1 ||
    fail "The database cannot be made: $(tail -n 1 "$folder/postgres.log"). The log is $folder/postgres.log."
}

start_postgres() { # port
  find_postgres
  # Loopback only, and no socket: its path would have to be short.
  (cd "$folder/postgres" && "${as_owner[@]}" "$pg/pg_ctl" start --pgdata="$folder/postgres/data" --log="$folder/postgres/server.log" --timeout=$patience --wait \
    --options="-p $1 -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200") >>"$folder/postgres.log" 2>&1 3>&- ||
    fail "PostgreSQL did not start: $(tail -n 3 "$folder/postgres/server.log" 2>/dev/null | paste -sd ' '). Its log is $folder/postgres/server.log."
  record postgres "$(head -n 1 "$folder/postgres/data/postmaster.pid")" "$1" - -
}

# ---- Silos and trainer

launch() { # log, then the program; the process id is in $launched
  local log=$1
  shift
  # A session of its own, so that Ctrl-C in the terminal does not reach it; and no file of ours stays open in it.
  setsid dotnet exec "$@" >>"$log" 2>&1 </dev/null 3>&- &
  launched=$!
}

start_silo() { # number silo-port gateway-port http-port
  local arguments=(--silo-port "$2" --gateway-port "$3" --http-port "$4")
  case $(setting storage) in
    postgres) arguments+=(--storage postgres --connection-file "$folder/connection") ;;
    sqlite) arguments+=(--data "$folder/coke.db") ;;
    memory) arguments+=(--memory) ;;
  esac
  launch "$folder/silo-$1.log" "$silo_dll" "${arguments[@]}"
  record "$1" "$launched" "$2" "$3" "$4"
}

add_silo() { # number
  local silo gateway
  port $((11110 + $1)) && silo=$chosen
  port $((29999 + $1)) && gateway=$chosen
  port $((8079 + $1))
  start_silo "$1" "$silo" "$gateway" "$chosen"
}

gateways() { # as options, of silos that were started, dead ones too: a client finds those that live
  local silo
  options=()
  for silo in $(silos); do options+=(--gateway "127.0.0.1:$(field "$silo" 5)"); done
}

start_trainer() {
  gateways
  launch "$folder/trainer.log" "$trainer_dll" demo "${options[@]}" --out "$folder/out" --continue
  record trainer "$launched" - - -
}

build() {
  local project projects=(Silo Cli)
  [ "$1" = no ] || projects+=(Trainer)
  echo "Building, which takes a minute or two the first time."
  # What the build says matters only when it fails.
  for project in "${projects[@]}"; do
    dotnet build "$root/src/$project" -c Release --nologo -v quiet -clp:NoSummary >"$folder/build.log" 2>&1 || fail "$(cat "$folder/build.log")"
  done
}

# ---- Verbs

start() {
  local count=2 storage=postgres trainer=no ports=fixed built=yes number
  while [ $# -gt 0 ]; do
    case $1 in
      --silos | --storage)
        [ $# -gt 1 ] || fail "$1 has no value: see --help."
        if [ "$1" = --silos ]; then count=$2; else storage=$2; fi
        shift
        ;;
      --trainer) trainer=yes ;;
      --free-ports) ports=free ;;
      --no-build) built=no ;;
      *) fail "'$1' is no option of start: see --help." ;;
    esac
    shift
  done
  [[ $count =~ ^[1-9][0-9]?$ ]] || fail "--silos $count is out of range: give 1 to 99."
  [[ $storage =~ ^(postgres|sqlite|memory)$ ]] || fail "--storage $storage is none: give postgres, sqlite or memory."
  [ "$storage" = postgres ] || [ "$count" = 1 ] || fail "--storage $storage serves one silo alone: give --silos 1, or --storage postgres."
  command -v dotnet >/dev/null || fail "The .NET 10 SDK is missing: install it first."
  if [ -f "$state" ]; then
    for number in $(names); do
      ! is_alive "$number" || fail "A cluster runs in $folder already: 'docker/local-cluster.sh stop' ends it, or name another folder with --folder."
    done
    rm -f "$state"
  fi

  [ "$storage" != postgres ] || find_postgres
  mkdir -p "$folder"
  # Under /tmp anybody could have made it first, and would read what is written here.
  [ -O "$folder" ] || fail "$folder belongs to another user: name a folder of your own with --folder."
  chmod 711 "$folder" # user postgres passes through
  [ "$built" = no ] || build "$trainer"
  for number in "$silo_dll" "$coke_dll"; do [ -f "$number" ] || fail "$number is missing: leave out --no-build."; done
  [ "$trainer" = no ] || [ -f "$trainer_dll" ] || fail "$trainer_dll is missing: leave out --no-build."

  printf 'storage=%s\nports=%s\n' "$storage" "$ports" >"$folder/settings"
  : >"$state"
  if [ "$storage" = postgres ]; then
    [ -f "$folder/postgres/data/PG_VERSION" ] || make_database
    port 15432
    start_postgres "$chosen"
    (umask 077 && printf 'Host=127.0.0.1;Port=%s;Database=postgres;Username=coke;Password=%s' "$chosen" "$(cat "$folder/postgres-password")" >"$folder/connection")
  fi
  for number in $(seq "$count"); do add_silo "$number"; done
  for number in $(seq "$count"); do await_ready "$number"; done
  [ "$trainer" = no ] || start_trainer
  status
}

status() {
  local name text
  printf '%-10s %-8s %-7s %-7s %-7s %s\n' "" pid silo gateway health ""
  for name in $(names); do
    if ! is_alive "$name"; then
      text=dead
    elif [ "$(field "$name" 6)" != - ]; then
      text=$(health "$(field "$name" 6)") || true
    else
      text=runs
    fi
    printf '%-10s %-8s %-7s %-7s %-7s %s\n' "$(label "$name")" "$(field "$name" 2)" "$(field "$name" 4)" "$(field "$name" 5)" "$(field "$name" 6)" "$text"
  done
  echo "Data and logs: $folder"
}

label() { if [[ $1 =~ ^[0-9]+$ ]]; then echo "silo-$1"; else echo "$1"; fi; }

log_of() {
  case $1 in
    postgres) echo "$folder/postgres/server.log" ;;
    *) echo "$folder/$(label "$1").log" ;;
  esac
}

send() { # signal name
  if is_alive "$2"; then kill "-$1" "$(field "$2" 2)"; fi
}

kill_one() {
  send KILL "$1"
  await_end "$1" 10 || fail "$(label "$1") does not end."
}

term_one() {
  # PostgreSQL takes SIGINT for a stop that waits for nobody.
  if [ "$1" = postgres ]; then send INT "$1"; else send TERM "$1"; fi
  await_end "$1" 40 || fail "$(label "$1") does not stop: 'docker/local-cluster.sh kill $1' ends it all the same."
}

restart_one() {
  ! is_alive "$1" || fail "$(label "$1") runs: kill or stop it first."
  case $1 in
    postgres) start_postgres "$(field postgres 4)" ;;
    trainer) start_trainer ;;
    *)
      start_silo "$1" "$(field "$1" 4)" "$(field "$1" 5)" "$(field "$1" 6)"
      await_ready "$1"
      ;;
  esac
}

join_one() {
  [ "$(setting storage)" = postgres ] || fail "--storage $(setting storage) serves one silo alone: start a cluster with --storage postgres."
  local number
  number=$(($(silos | sort -n | tail -n 1) + 1))
  add_silo "$number"
  await_ready "$number"
  echo "Silo $number is ready: gateway 127.0.0.1:$(field "$number" 5)."
}

stop_all() {
  local name ok=yes
  # Who feeds goes first, who stores goes last. Silos stop together: each hands over to those that are left.
  send TERM trainer
  await_end trainer 40 || ok=no
  for name in $(silos); do send TERM "$name"; done
  for name in $(silos); do await_end "$name" 60 || ok=no; done
  send INT postgres
  await_end postgres 40 || ok=no
  [ $ok = yes ] || for name in $(names); do send KILL "$name"; done
  rm -f "$state"
  if [ "$temporary" = yes ]; then rm -rf "$folder"; fi
  [ $ok = yes ] || fail "Not everything stopped in time, and was killed."
  echo "Stopped."
}

show_logs() {
  if [ $# -gt 0 ]; then
    cat "$(log_of "$(resolve "$1")")"
    return
  fi
  local name
  for name in $(names); do
    echo "== $(label "$name")"
    tail -n 20 "$(log_of "$name")" 2>/dev/null || true
  done
}

verb=${1:-}
[ $# -eq 0 ] || shift
folder="" rest=()
while [ $# -gt 0 ]; do
  # What follows coke and train is theirs.
  if [ "$1" = --folder ] && [[ $verb != coke && $verb != train || ${#rest[@]} -eq 0 ]]; then
    [ -n "${2:-}" ] || fail "--folder has no name: give a folder."
    folder=$2
    shift 2
  else
    rest+=("$1")
    shift
  fi
done
temporary=no
if [ -z "$folder" ]; then
  folder=${TMPDIR:-/tmp}/coke-cluster-$(id -u)
  temporary=yes
fi
[[ $folder = /* ]] || folder=$PWD/$folder
readonly folder temporary
readonly state=$folder/cluster.tsv
set -- "${rest[@]+"${rest[@]}"}"

case $verb in
  start) start "$@" ;;
  status) require_cluster && status ;;
  coke)
    require_cluster && gateways
    exec dotnet exec "$coke_dll" "${options[@]}" "$@"
    ;;
  train)
    require_cluster && gateways
    [ -f "$trainer_dll" ] || dotnet build "$root/src/Trainer" -c Release --nologo -v quiet -clp:NoSummary
    exec dotnet exec "$trainer_dll" demo "${options[@]}" "$@"
    ;;
  join) require_cluster && join_one ;;
  kill | term | restart)
    require_cluster
    who=$(resolve "${1:-}")
    "${verb}_one" "$who"
    ;;
  logs) require_cluster && show_logs "$@" ;;
  stop) require_cluster && stop_all ;;
  "" | help | -h | --help) usage ;;
  *) fail "'$verb' is no verb: see docker/local-cluster.sh --help." ;;
esac
