#!/bin/sh
# Restores a dump into the replica set itself: what was written since is gone.
#
#   DUMP           "latest", or the name of one
#   MEMBERS        host:port of every member, with commas between
#   REPLICA_SET    name of the set
#   USER_NAME      the user, who may do everything
#   PASSWORD_FILE  holds the user's password
#   and what backup-lib.sh names
#
# Exit codes: 0 every collection of the dump is restored; 1 the last line says why not.
set -eu
. "$(dirname "$0")/backup-lib.sh"

dump=$(ls "$DUMPS" | complete | chosen "$DUMPS")
write_config "mongodb://$USER_NAME@$MEMBERS/?replicaSet=$REPLICA_SET&authSource=admin&w=majority"

echo "restoring $dump into $REPLICA_SET at $MEMBERS"
logged mongorestore "--config=$CREDENTIALS/config.yaml" --drop --oplogReplay --gzip "--archive=$DUMPS/$dump$ARCHIVE" ||
  fail "mongorestore cannot restore $dump: some collections may be restored, and others not"
compare "$dump"
echo "restored $(summary < "$LOG.restored") from $dump; users and passwords are those of the dump too: converge the set anew"
