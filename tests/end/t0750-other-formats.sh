#!/usr/bin/env bash
# A store that other versions have written is refused in words, and nothing is put beside it.
. "${BASH_SOURCE[0]%/*}/lib.sh"
alike 'formats are'

tar -C "$work" -xJf "$top/tests/end/data/store-format-1.tar.xz"
files() { (cd "$home" && ls | grep -v '^__db\.\|^weir\.'); }
before=$(files)
says=$("$weir" --home "$home" query --db d 'SELECT * FROM m' 2>&1)
is 'the command line refuses it' 1 $?
case $says in
*'has format 1; this program reads and writes formats 2 and 3'*) ok 'and names both formats' ;;
*) not_ok 'and names both formats' "$says" ;;
esac
"$weir" --home "$home" compact >/dev/null 2>&1
is 'nor is it compacted' 1 $?
is 'its files are those that it had' "$before" "$(files)"

# ---- format 2: pages without checksums ----

rm -rf "$home"
tar -C "$work" -xJf "$top/tests/end/data/store-format-2.tar.xz"
rows() { "$weir" --home "$home" query --bucket d --csv "SELECT v FROM m" | tail -n +2 | wc -l; }
sealed() { python3 -c '
import struct, sys
for name in ("catalogue", "series", "chunks"):
    data = open(f"{sys.argv[1]}/{name}.db", "rb").read()
    for at in range(0, len(data), 4096):
        if any(data[at:at + 26]) and struct.unpack_from("<I", data, at + 8)[0] != at // 4096:
            print(name, at)
' "$home" | wc -l; }
is 'format 2 is read' 60 "$(rows)"
echo 'm,host=c v=1 1600000000000000000' | "$weir" --home "$home" write --bucket d - >/dev/null
"$weir" --home "$home" compact
"$weir" --home "$home" check >/dev/null
is 'and written, and is well' 0 $?
for _ in 1 2 3; do rm -f "$home"/__db.* "$home/weir.mark"; "$weir" --home "$home" stats >/dev/null; done
is 'its pages stay as versions before can read them' 0 "$(sealed)"
"$weir" --home "$home" check --upgrade >/dev/null
is 'it can be upgraded' 0 $?
if [ "$(sealed)" -ge 6 ]; then ok 'then its pages have checksums'; else not_ok 'then its pages have checksums' "$(sealed)"; fi
is 'and its rows' 61 "$(rows)"
"$weir" --home "$home" check >/dev/null
is 'and it is well' 0 $?

finish
