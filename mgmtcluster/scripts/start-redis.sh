#!/bin/sh
# Start a Redis that knows its administrator's password by its hash alone.
#
# Reads ADMIN_PASSWORD_FILE, writes the access list to ACL_FILE (in memory) and runs redis-server with the configuration
# file and the options given as arguments. DEFAULT_USER_RULES is what everybody may do without a password.
set -eu
umask 077
password=$(cat "$ADMIN_PASSWORD_FILE")
if [ -z "$password" ]; then
  echo "start-redis: $ADMIN_PASSWORD_FILE is empty; put the administrator's password into it" >&2
  exit 1
fi
hash=$(printf %s "$password" | sha256sum | cut -c1-64)
printf 'user default on nopass resetchannels resetkeys %s\nuser admin on #%s ~* &* +@all\n' "$DEFAULT_USER_RULES" "$hash" > "$ACL_FILE"
exec redis-server "$@" --aclfile "$ACL_FILE"
