#!/usr/bin/env bash
# A store that other versions have written is refused in words, and nothing is put beside it.
. "${BASH_SOURCE[0]%/*}/lib.sh"

tar -C "$work" -xJf "$top/tests/end/data/store-format-1.tar.xz"
files() { (cd "$home" && ls | grep -v '^__db\.\|^weir\.'); }
before=$(files)
says=$("$weir" --home "$home" query --db d 'SELECT * FROM m' 2>&1)
is 'the command line refuses it' 1 $?
case $says in
*'has format 1; this program reads and writes format 2'*) ok 'and names both formats' ;;
*) not_ok 'and names both formats' "$says" ;;
esac
"$weir" --home "$home" compact >/dev/null 2>&1
is 'nor is it compacted' 1 $?
is 'its files are those that it had' "$before" "$(files)"

finish
