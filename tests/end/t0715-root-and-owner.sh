#!/usr/bin/env bash
# weir as root works as the user whose home it is, so that no file of the store comes to be root's.
. "${BASH_SOURCE[0]%/*}/lib.sh"

owner=$(id -u)
as_owner=()
if [ "$owner" -eq 0 ]; then	# a user of no name; others can only be themselves
	owner=64321
	as_owner=(setpriv --reuid "$owner" --regid "$owner" --clear-groups)
fi
chmod 711 "$work"
cp "$weir" "$work/weir" && chmod 755 "$work/weir" && weir=$work/weir	# the tree may be closed to the owner
mkdir -m 700 "$home" && chown "$owner:$owner" "$home" 2>/dev/null || chown "$owner" "$home"
others() { find "$home" ! -uid "$owner"; }

check 'init' "$weir" --home "$home" init
check 'bucket create' "$weir" --home "$home" bucket create sensors
printf 'm v=1 1\nm v=2 2\n' >"$work/points"
check 'write from standard input' bash -c '"$0" --home "$1" write --bucket sensors --precision s - <"$2"' "$weir" "$home" "$work/points"
check 'compact' "$weir" --home "$home" compact
is 'every file belongs to the owner of the home' "$(others)" ''
is 'who writes too' "$(printf 'm v=3 3\n' | "${as_owner[@]}" "$weir" --home "$home" write --bucket sensors --precision s - >/dev/null && echo yes)" yes
is 'and what is there is read by either' "$("$weir" --home "$home" query --db sensors --epoch s --csv 'SELECT sum(v) FROM m')" $'name,tags,time,sum\nm,,0,6'
is 'still no file of anybody else' "$(others)" ''
chmod 600 "$work/points"
if [ ${#as_owner[@]} -gt 0 ]; then
	"$weir" --home "$home" write --bucket sensors "$work/points" >"$work/said" 2>&1
	like 'a file that the owner may not read is told' "$? $(cat "$work/said")" '^1 .*points: Permission denied'
fi

# A folder above that is closed to the owner: nobody but root gets there, who stays root.
chmod 700 "$work"
check 'a home that its owner cannot reach' "$weir" --home "$home" query --db sensors 'SELECT v FROM m'
