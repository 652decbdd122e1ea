#!/bin/sh
# Makes the secrets that compose.yaml mounts, once: what is there stays as it is.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
# Compose mounts files with the owner they have here, and the containers run as another user: so the files
# may be read by anybody who gets to them, and only the owner gets into the folder.
chmod 700 secrets
for name in database-password http-token; do
  [ -s "secrets/$name" ] && continue
  head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "secrets/$name"
  chmod 444 "secrets/$name"
done
