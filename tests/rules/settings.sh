#!/usr/bin/env bash
#
# tests/rules/settings.sh - README's table of settings against program/settings_table.h
#
# Names, defaults, order and words must be the same; `tests/rules/settings.sh --write` makes them so.

set -u
cd "${top_srcdir:-$(dirname "${BASH_SOURCE[0]}")/../..}" || exit 1

coded=$(tr '\n\t' '  ' <lib/program/settings_table.h | sed 's|/\*[^/]*\*/||g; s/SETTING(/\n&/g' |
	sed -n 's/^SETTING([A-Z]*, *\([a-z_]*\), *"\{0,1\}\([^",]*\)"\{0,1\}, *"\(.*\)") *$/| `\1` | `\2` | \3 |/p' |
	sed 's/"  *"//g; s|`WEIR_HOME_DEFAULT`|`/var/lib/weir`|')
told=$(sed -n '/^| name | default |/,/^$/p' README.md | grep '^| `')
[ -n "$coded" ] || exit 1

if [ "${1-}" = --write ]; then
	readme=$(ROWS=$coded awk '
		/^\| name \| default \|/ { print; getline; print; print ENVIRON["ROWS"]; skip = 1; next }
		skip && /^\|/ { next }
		{ skip = 0; print }' README.md) && printf '%s\n' "$readme" >README.md
elif [ "$coded" != "$told" ]; then
	echo 'the table in README.md is not that of program/settings_table.h;'
	echo 'tests/rules/settings.sh --write mends it'
	exit 1
fi
