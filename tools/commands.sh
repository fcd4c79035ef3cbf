#!/bin/sh
#
# tools/commands.sh WEIR - the commands of the built program as a part of its manual page
#
# What `weir help` lists and `weir help COMMAND` tells of each: the program prints both from its
# table, so a new row is in the manual without another word.

set -u
weir=$1

names=$("$weir" help | sed -n '2,$s/^  \([a-z][a-z ]*[a-z]\)   *[^ ].*/\1/p')
[ -n "$names" ] || {
	echo "tools/commands.sh: $weir help lists no command" >&2
	exit 1
}
printf '%s\n' "$names" | while read -r name; do
	"$weir" help $name </dev/null || exit 1
done | ${AWK:-awk} -f "${0%/*}/roff.awk" -f "${0%/*}/commands.awk"
