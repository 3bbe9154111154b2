#!/bin/sh
# Sends the dump in DUMPS to a bucket and, once it is there, removes those that are too many. Runs in rclone's image.
#
#   BUCKET_ENDPOINT, BUCKET, BUCKET_PREFIX (optional), BUCKET_REGION (optional)
#   BUCKET_KEYS  folder with access_key and secret_key; without it the pod has an identity of its cloud
#   BUCKET_CA    (optional) certificates of the CA that the server's is from; default: the image's
#   KEEP         number of dumps to keep
#   and what backup-lib.sh names
#
# Exit codes: 0 the dump is there, and not too many others; 1 the last line says why not. A dump is removed after that alone.
set -eu
. "$(dirname "$0")/backup-lib.sh"

DUMP=latest
dump=$(ls "$DUMPS" | complete | chosen "$DUMPS")
write_rclone_config
for file in "$dump$COUNTS" "$dump$ARCHIVE"; do
  in_bucket copyto "$DUMPS/$file" "$REMOTE/$file" ||
    fail "$file could not be sent to the bucket $BUCKET at $BUCKET_ENDPOINT: the older dumps are kept"
done
there=$(bucket_dumps)
echo "$there" | grep -qFx -e "$dump" || fail "$dump was sent to the bucket $BUCKET and is not in it: the older dumps are kept"
echo "sent $dump to the bucket $BUCKET"

echo "$there" | superfluous | while read -r old; do
  { in_bucket deletefile "$REMOTE/$old$ARCHIVE" && in_bucket deletefile "$REMOTE/$old$COUNTS"; } ||
    fail "$dump is in the bucket $BUCKET, but $old could not be removed from it"
  echo "removed $old"
done
