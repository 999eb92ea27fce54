#!/usr/bin/env bash
# Packs a silo that needs no .NET where it runs: coke-silo.tar.xz, for Linux on x64, some 40 MB.
#   python/examples/pack_silo.sh [coke-silo.tar.xz]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$(realpath -m "${1:-coke-silo.tar.xz}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dotnet publish "$root/src/Silo" -c Release -r linux-x64 --self-contained -p:ReadyToRun=false -p:DebugType=none \
  -o "$folder/coke-silo" --nologo -v quiet
rm -f "$folder"/coke-silo/*.pdb "$folder"/coke-silo/*.xml
XZ_OPT=-6 tar -C "$folder" -cJf "$out" coke-silo
ls -l "$out" | awk '{ printf "%.1f MB packed\n", $5 / 1e6 }'
