#!/usr/bin/env bash
#
# tests/rules/sources.sh - every source file stands in Makefile.am, and every one there exists
#
# A file that is not named is not compiled, not tested and not in the tarball.

set -u
cd "${top_srcdir:-$(dirname "${BASH_SOURCE[0]}")/../..}" || exit 1

failed=0
for file in $(find lib fcgi cgi-bin tests/unit tests/fuzz tests/bench -name '*.[ch]' 2>/dev/null) tests/rules/*.sh; do
	grep -qE "(^|[[:space:]=])(${file//./\\.}|${file%.c}|${file%_fuzz.c}_replay)([[:space:]\\]|\$)" Makefile.am || {
		echo "$file is not in Makefile.am"
		failed=1
	}
done
for file in $(grep -v '^#' Makefile.am | grep -oE '(lib|fcgi|cgi-bin|tests)/[A-Za-z0-9_/.-]+\.(c|h|sh)' | sort -u); do
	[ -f "$file" ] || {
		echo "$file is in Makefile.am, but not there"
		failed=1
	}
done
exit $failed
