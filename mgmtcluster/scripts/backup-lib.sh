# What the scripts about dumps share; to be sourced. POSIX shell: some run in the database's image, some in rclone's.
#
#   NAME         name of the replica set; a dump is NAME-<time in UTC>, two files with the endings below
#   DUMPS        folder of the dumps
#   CREDENTIALS  folder in memory, for files that programs read passwords from

# The documents of each collection, as mongodump counted them: a line each, COUNT<TAB>DATABASE.COLLECTION.
COUNTS=.counts
# Written last: a dump with an archive is complete.
ARCHIVE=.archive.gz
LOG=${TMPDIR:-/tmp}/log

# The last line of the log, and of the container's termination.
fail() {
  echo "$1" >&2
  exit 1
}

# Complete dumps among the file names on standard input, the newest first.
complete() {
  sed -n "s/^\($NAME-[0-9]\{8\}T[0-9]\{6\}Z\)\\$ARCHIVE\$/\1/p" | sort -r
}

# The dump that is meant by DUMP among the complete ones on standard input: "latest" or a name.
chosen() {
  all=$(cat)
  [ -n "$all" ] || fail "there is no dump of $NAME in $1"
  if [ "$DUMP" = latest ]; then
    echo "$all" | sed -n 1p
  else
    echo "$all" | grep -Fx -e "$DUMP" || fail "there is no dump $DUMP in $1, but $(echo "$all" | paste -s -d ' ' -)"
  fi
}

# Those of the complete dumps on standard input that are one too many.
superfluous() {
  sed "1,${KEEP}d"
}

# A file for --config of mongodump and mongorestore: no password is an argument. In YAML's quotes, a quote is written twice.
write_config() {
  [ -s "$PASSWORD_FILE" ] || fail "the password of $USER_NAME is missing: $PASSWORD_FILE is no file or empty"
  (
    umask 077
    printf "uri: '%s'\npassword: '%s'\n" "$1" "$(sed "s/'/''/g" "$PASSWORD_FILE")" > "$CREDENTIALS/config.yaml"
  )
}

# A file for --config of rclone, with the keys of the bucket; without BUCKET_KEYS, rclone asks the cloud who the pod is.
write_rclone_config() {
  if [ -n "${BUCKET_KEYS:-}" ]; then
    for key in access_key secret_key; do
      [ -s "$BUCKET_KEYS/$key" ] || fail "the bucket's $key is missing: $BUCKET_KEYS/$key is no file or empty"
    done
  fi
  [ -z "${BUCKET_CA:-}" ] || [ -s "$BUCKET_CA" ] || fail "the bucket's CA is missing: $BUCKET_CA is no file or empty"
  (
    umask 077
    {
      printf '[bucket]\ntype = s3\nprovider = Other\nno_check_bucket = true\n'
      printf 'endpoint = %s\n' "$BUCKET_ENDPOINT"
      [ -z "${BUCKET_REGION:-}" ] || printf 'region = %s\n' "$BUCKET_REGION"
      if [ -n "${BUCKET_KEYS:-}" ]; then
        printf 'env_auth = false\naccess_key_id = %s\n' "$(cat "$BUCKET_KEYS/access_key")"
        printf 'secret_access_key = %s\n' "$(cat "$BUCKET_KEYS/secret_key")"
      else
        printf 'env_auth = true\n'
      fi
    } > "$CREDENTIALS/rclone.conf"
  )
}

REMOTE="bucket:${BUCKET:-}${BUCKET_PREFIX:+/$BUCKET_PREFIX}"

in_bucket() {
  set -- --config "$CREDENTIALS/rclone.conf" --cache-dir "${TMPDIR:-/tmp}" --log-level NOTICE --contimeout 30s "$@"
  rclone ${BUCKET_CA:+--ca-cert "$BUCKET_CA"} "$@"
}

# Complete dumps in the bucket, the newest first. A folder that is not there (rclone's code 3) holds none.
bucket_dumps() {
  code=0
  names=$(in_bucket lsf --files-only "$REMOTE") || code=$?
  [ "$code" = 0 ] || [ "$code" = 3 ] || fail "the bucket $BUCKET at $BUCKET_ENDPOINT cannot be listed"
  printf '%s\n' "$names" | complete
}

# Runs a program whose messages go to the container's log as they come, and to the file LOG.
logged() {
  { "$@" 2>&1 > /dev/null; echo $? > "$LOG.code"; } | tee "$LOG" >&2
  return "$(cat "$LOG.code")"
}

# What mongodump counted, from its log: one line a collection, when it has read the last document.
counts_of_dump() {
  sed -n 's/^.*[[:space:]]done dumping `\{0,1\}\(.*[^`]\)`\{0,1\} (\([0-9]*\) documents\{0,1\})$/\2	\1/p' "$LOG"
}

# What mongorestore counted, from its log: one line a collection, before any of the oplog is replayed.
counts_of_restore() {
  sed -n 's/^.*[[:space:]]finished restoring `\{0,1\}\(.*[^`]\)`\{0,1\} (\([0-9]*\) documents\{0,1\}, [0-9]* failures\{0,1\})$/\2	\1/p' "$LOG"
}

# Counts that both programs tell: mongorestore tells none of users and roles, and either may leave out the server's own
# collections. A time series is dumped by the name of its buckets.
comparable() {
  sed 's/\.system\.buckets\./\./' | grep -v -E '	(admin\.system|config)\.' | LC_ALL=C sort -k 2
}

# "7 documents of 2 collections"
summary() {
  awk -F '\t' '{ sum += $1 } END { printf "%.0f documents of %d collections", sum, NR }'
}

# Fails unless mongorestore restored of every collection what mongodump dumped.
compare() {
  comparable < "$DUMPS/$1$COUNTS" > "$LOG.dumped"
  counts_of_restore | comparable > "$LOG.restored"
  cmp -s "$LOG.dumped" "$LOG.restored" && return
  differing=$(diff "$LOG.dumped" "$LOG.restored" | sed -n 's/^[<>] [0-9]*	//p' | LC_ALL=C sort -u)
  first=$(echo "$differing" | sed -n 1p)
  fail "$1 is restored with other counts than it was dumped with: $first $(count_in dumped) dumped and $(count_in restored) restored ($(echo "$differing" | wc -l | tr -d ' ') such)"
}

count_in() {
  found=$(awk -F '\t' -v name="$first" '$2 == name { print $1 }' "$LOG.$1")
  echo "${found:-none}"
}
