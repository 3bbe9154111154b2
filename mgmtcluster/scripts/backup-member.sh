# Prints the member to dump: a secondary, so that the primary keeps its time for the services; the primary where there is none.
# Run: bash backup-member.sh HOST:PORT,HOST:PORT,…
# Exit codes: 0 printed; 1 no member answers in either role.
#
# One member alone: collections and oplog of several, each as far behind as it is, would not be of one point in time.
# Asked as in ready.sh: { hello: 1, $db: "admin" } as OP_MSG, of whose reply two booleans are read.

LC_ALL=C

role() {
  exec 2>/dev/null 3<>"/dev/tcp/$1/$2" || return
  printf '\x34\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0''\0\0\0\0\0''\x1f\0\0\0\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0' >&3
  local piece value
  while IFS= read -r -d '' -u 3 piece; do
    case $piece in
      *$'\x08isWritablePrimary' | *$'\x08secondary')
        IFS= read -r -d '' -u 3 value
        [[ $value == $'\x01'* ]] && { [[ $piece == *secondary ]] && echo secondary || echo primary; return; }
        ;;
      *$'\x01ok') return ;;
    esac
  done
}

if [[ $2 == role ]]; then
  role "${1%:*}" "${1##*:}"
  exit 0
fi

primary=
IFS=, read -r -a members <<< "$1"
for member in "${members[@]}"; do
  case $(timeout 5 bash "$0" "$member" role) in
    secondary) echo "$member"; exit 0 ;;
    primary) primary=$member ;;
  esac
done
[[ -n $primary ]] && echo "$primary"
