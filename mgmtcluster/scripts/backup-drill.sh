#!/bin/sh
# Restores a dump into a mongod of its own, which nobody else can reach, and compares what was restored with what was dumped.
#
#   DUMP       "latest", or the name of one
#   SCRATCH    folder for that mongod
#   CACHE_GIB  WiredTiger's cache
#   PORT       optional: where that mongod listens, on 127.0.0.1 alone (27017)
#   START_SECONDS  optional: how long to wait for it (120)
#   and what backup-lib.sh names
#
# Exit codes: 0 every collection has as many documents as were dumped; 1 the last line says why not.
set -eu
here=$(dirname "$0")
. "$here/backup-lib.sh"
port=${PORT:-27017}

dump=$(ls "$DUMPS" | complete | chosen "$DUMPS")
mkdir -p "$SCRATCH/data"
mongod --dbpath "$SCRATCH/data" --bind_ip 127.0.0.1 --port "$port" --nounixsocket \
  --wiredTigerCacheSizeGB "$CACHE_GIB" --logpath "$SCRATCH/mongod.log" > /dev/null &
mongod=$!
trap 'kill "$mongod" 2> /dev/null || true' EXIT

waited=0
until bash "$here/ready.sh" "$port"; do
  kill -0 "$mongod" 2> /dev/null || fail "the mongod of the drill ended: $(tail -n 1 "$SCRATCH/mongod.log")"
  [ "$waited" -lt "${START_SECONDS:-120}" ] || fail "the mongod of the drill does not answer after $waited seconds"
  sleep 1
  waited=$((waited + 1))
done

echo "restoring $dump into a mongod of the drill's own"
logged mongorestore --host=127.0.0.1 "--port=$port" --oplogReplay --gzip "--archive=$DUMPS/$dump$ARCHIVE" ||
  fail "mongorestore cannot restore $dump"
compare "$dump"
echo "restored $(summary < "$LOG.restored") from $dump, as many as were dumped"
