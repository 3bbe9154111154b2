#!/bin/sh
# Dumps a replica set, with its oplog, from one of its members, and beside it what mongodump counted.
#
#   MEMBERS        host:port of every member, with commas between
#   USER_NAME      the user, with the role backup
#   PASSWORD_FILE  holds the user's password
#   KEEP           optional: number of dumps to keep; older ones are removed once the new one is complete
#   and what backup-lib.sh names
#
# Exit codes: 0 the dump is complete; 1 it is not, no other one was touched, and the last line says why.
set -eu
here=$(dirname "$0")
. "$here/backup-lib.sh"

# What a dump that was killed left; a run is ended after six hours.
find "$DUMPS" -maxdepth 1 -name "$NAME-*.partial" -mmin +720 -exec rm -f {} +

member=$(bash "$here/backup-member.sh" "$MEMBERS") || fail "no member of $NAME is primary or secondary: nothing was dumped"
dump=$DUMPS/$NAME-$(date -u +%Y%m%dT%H%M%SZ)
write_config "mongodb://$USER_NAME@$member/?directConnection=true&readPreference=secondaryPreferred&authSource=admin"

echo "dumping $member"
if ! logged mongodump "--config=$CREDENTIALS/config.yaml" --oplog --gzip "--archive=$dump.partial"; then
  rm -f "$dump.partial"
  fail "mongodump failed on $member: there is no new dump, and the older ones are kept"
fi
counts_of_dump > "$dump$COUNTS.partial"
if ! [ -s "$dump$COUNTS.partial" ] || ! [ -s "$dump.partial" ]; then
  rm -f "$dump.partial" "$dump$COUNTS.partial"
  fail "mongodump told no counts, or wrote no archive: there is no new dump, and the older ones are kept"
fi
sync "$dump.partial" "$dump$COUNTS.partial"
mv "$dump$COUNTS.partial" "$dump$COUNTS"
mv "$dump.partial" "$dump$ARCHIVE"
echo "dumped $(comparable < "$dump$COUNTS" | summary) into ${dump##*/}"

[ -n "${KEEP:-}" ] || exit 0
ls "$DUMPS" | complete | superfluous | while read -r old; do
  rm -f "$DUMPS/$old$ARCHIVE" "$DUMPS/$old$COUNTS"
  echo "removed $old"
done
