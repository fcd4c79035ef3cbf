#!/usr/bin/env bash
#
# tests/rules/manuals.sh - the manual pages say everything, and are well formed
#
# Every command and option that the built weir tells of, every route of a program's table, every
# setting and every status of an exit stands in a page; `man --warnings` and `mandoc -Tlint`, where
# they are installed, have nothing to say.

set -u
cd "${top_builddir:-$(dirname "${BASH_SOURCE[0]}")/../../build}" || exit 1
source=${top_srcdir:-..}
failed=0
fail() {
	echo "$*"
	failed=1
}

# says PAGE TEXT: does the page's source, its escapes undone, hold it?
says() {
	sed 's/\\-/-/g; s/\\&//g; s/\\e/\\/g' "man/$1" | grep -qF -- "$2" || fail "man/$1 says nothing of $2"
}

for page in weir.1 weir.conf.5 weir-query.8 weir-spawn.8 weir-write.8; do
	[ -s "man/$page" ] || { fail "man/$page is missing"; continue; }
	case $page in
	weir.conf.5) sections='NAME DESCRIPTION FILES EXAMPLES SEE.ALSO' ;;
	weir-spawn.8) sections='NAME SYNOPSIS DESCRIPTION OPTIONS EXIT.STATUS SEE.ALSO' ;;
	*) sections='NAME SYNOPSIS DESCRIPTION EXIT.STATUS ENVIRONMENT FILES EXAMPLES SEE.ALSO' ;;
	esac
	for section in $sections; do
		says "$page" ".SH ${section/./ }"
	done
	! command -v man >/dev/null || said=$(LC_ALL=C.UTF-8 man --warnings -l "man/$page" 2>&1 >/dev/null)
	[ -z "${said-}" ] || fail "man/$page: $said"
	! command -v mandoc >/dev/null || said=$(mandoc -Tlint "man/$page" 2>&1)
	[ -z "${said-}" ] || fail "$said"
done

for option in $("$source/deploy/spawn-fcgi/weir-spawn" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p'); do
	says weir-spawn.8 "$option"
done
names=$(cgi-bin/weir help | sed -n '2,$s/^  \([a-z][a-z ]*[a-z]\)   *[^ ].*/\1/p')
[ "$(wc -l <<<"$names")" -ge 10 ] || fail 'weir help lists hardly a command'
while read -r name; do
	says weir.1 "$name [OPTION]"
	# shellcheck disable=SC2086
	for option in $(cgi-bin/weir help $name </dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p'); do
		says weir.1 "$option"
	done
done <<<"$names"
for status in $(grep -oE 'WEIR_[A-Z]+ = [0-9]+' "$source/cgi-bin/weir.h" | grep -oE '[0-9]+$'); do
	grep -qx "$status" man/weir.1 || fail "man/weir.1 says nothing of exit status $status"
done
for program in write query; do
	for path in $(grep -oE '^	\{ HTTP_[A-Z |_]+, "[^"]+"' "$source/fcgi/$program.c" | grep -oE '/[^"]*'); do
		says "weir-$program.8" "$path"
	done
done
for setting in $(grep -oE '^SETTING\([A-Z]+,[[:space:]]+[a-z_]+' "$source/lib/program/settings_table.h" | grep -oE '[a-z_]+$'); do
	says weir.conf.5 "$setting ("
done
exit $failed
