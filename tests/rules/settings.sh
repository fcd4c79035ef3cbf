#!/usr/bin/env bash
#
# tests/rules/settings.sh - README's table of settings against program/settings_table.h
#
# Names, defaults and order must be the same, and so must the words.

set -u
cd "${top_srcdir:-$(dirname "${BASH_SOURCE[0]}")/../..}" || exit 1

coded=$(tr '\n\t' '  ' <lib/program/settings_table.h | sed 's|/\*[^/]*\*/||g; s/SETTING(/\n&/g' |
	sed -n 's/^SETTING([A-Z]*, *\([a-z_]*\), *"\{0,1\}\([^",]*\)"\{0,1\}, *"\(.*\)") *$/| `\1` | `\2` | \3 |/p' |
	sed 's/"  *"//g; s|`WEIR_HOME_DEFAULT`|`/var/lib/weir`|')
told=$(sed -n '/^| name | default |/,/^$/p' README.md | grep '^| `')
[ -n "$coded" ] && [ "$coded" = "$told" ] || {
	printf '%s\n' 'program/settings_table.h says:' "$coded" 'README.md says:' "$told"
	exit 1
}
