#!/usr/bin/env bash
# Writes the secrets that compose.yaml hands to the containers, once; what is there stays.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# The folder keeps other users of this machine out. The files must be readable: in the containers nobody is root, and nobody is you.
umask 022
mkdir -p secrets
chmod 700 secrets

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

[ -s secrets/token ] || random >secrets/token
if [ ! -s secrets/postgres-password ]; then
  random >secrets/postgres-password
  rm -f secrets/connection
fi
# The password is letters and digits only, so that nothing needs to be quoted.
[ -s secrets/connection ] || printf 'Host=postgres;Database=coke;Username=coke;Password=%s' "$(cat secrets/postgres-password)" >secrets/connection
echo "Secrets are in $PWD/secrets."
