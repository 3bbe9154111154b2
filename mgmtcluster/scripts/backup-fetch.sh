#!/bin/sh
# Fetches a dump from a bucket into DUMPS. Runs in rclone's image.
#
#   DUMP  "latest", or the name of one
#   BUCKET_ENDPOINT, BUCKET, BUCKET_PREFIX, BUCKET_REGION, BUCKET_KEYS, BUCKET_CA as in backup-store.sh
#   and what backup-lib.sh names
#
# Exit codes: 0 it is there; 1 it is not, and the last line says why.
set -eu
. "$(dirname "$0")/backup-lib.sh"

write_rclone_config
there=$(bucket_dumps)
dump=$(echo "$there" | grep . | chosen "the bucket $BUCKET")
for file in "$dump$COUNTS" "$dump$ARCHIVE"; do
  in_bucket copyto "$REMOTE/$file" "$DUMPS/$file" || fail "$file could not be fetched from the bucket $BUCKET at $BUCKET_ENDPOINT"
done
echo "fetched $dump from the bucket $BUCKET"
