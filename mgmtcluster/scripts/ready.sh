# Tells whether the mongod on this machine is primary or secondary: the readiness probe.
# Run: bash ready.sh PORT
# Exit codes: 0 primary or secondary; 1 anything else, a server slower than two seconds among it.
#
# mongosh would cost a second of CPU a probe. The 52 bytes below are { hello: 1, $db: "admin" } as OP_MSG; what is read
# of the reply are two booleans, byte by byte up to each NUL.

if [[ $2 != limited ]]; then
  # A connect to a server that no longer accepts can hang, and bash cannot limit it.
  timeout 2 bash "$0" "$1" limited || exit 1
  exit 0
fi

LC_ALL=C
exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1" || exit 1

header='\x34\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0'
document='\x1f\0\0\0\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0'
printf "$header"'\0\0\0\0\0'"$document" >&3 || exit 1

while IFS= read -r -d '' -u 3 piece; do
  case $piece in
    *$'\x08isWritablePrimary' | *$'\x08secondary')
      IFS= read -r -d '' -u 3 value
      [[ $value == $'\x01'* ]] && exit 0
      # The value of one field and the name of the next are one piece where no NUL is between them.
      ;;
    *$'\x01ok') exit 1 ;;
  esac
done
exit 1
