#!/usr/bin/env bash
# Damage in the pages of the databases, in journal and log: one flipped bit costs nothing, a lost page only its records.
. "${BASH_SOURCE[0]%/*}/lib.sh"
alike 'a check is'
make_store

# spoil FILE PAGE HOW...: python that changes `page`, a bytearray, as if the disk had done it
spoil() {
	python3 - "$home/$1" "$2" "$3" <<-'END' || not_ok "page $2 of $1 can be spoilt"
		import sys
		name, number = sys.argv[1], int(sys.argv[2])
		with open(name, "r+b") as f:
		    f.seek(number * 4096)
		    page = bytearray(f.read(4096))
		    exec(sys.argv[3])
		    f.seek(number * 4096)
		    f.write(page)
	END
	rm -f "$home"/__db.* "$home/weir.mark"
}
# pages FILE: "number type items" of each
pages() {
	python3 - "$home/$1" <<-'END'
		import struct, sys
		data = open(sys.argv[1], "rb").read()
		for at in range(0, len(data), 4096):
		    print(at // 4096, data[at + 25], struct.unpack_from("<H", data, at + 20)[0])
	END
}
leaf() { pages "$1" | awk -v nth="$2" '$2 == 5 && $3 > 0 && ++n == nth { print $1 }'; }
check_store() { said=$("$weir" --home "$home" check "$@" 2>&1); code=$?; }
says() {
	case $said in
	*"$2"*) ok "$1" ;;
	*) not_ok "$1" "$said" ;;
	esac
}
ask() { "$weir" --home "$home" query --bucket b --csv "$1"; }
rows() { ask "$1" 2>/dev/null | tail -n +2 | wc -l; }
settle() { for _ in 1 2 3; do rm -f "$home"/__db.* "$home/weir.mark"; "$weir" --home "$home" stats >/dev/null; done; rm -f "$home"/__db.* "$home/weir.mark"; }
well() {
	check_store
	is "$1" 0 "$code"
	[ "$code" -eq 0 ] || echo "# $said"
}

"$weir" --home "$home" bucket create b >/dev/null
python3 -c '
for h in range(60):
    for i in range(100):
        print(f"air,room=r{h:02d},floor=f{h % 4} temp={i * h % 37 / 10},n={i * i * h % 1009}i {1600000000 + i * 60}")
' | "$weir" --home "$home" write --bucket b --precision s - >/dev/null
"$weir" --home "$home" compact
settle
well 'a store with pages is well'
is 'every page has a checksum' 0 "$(python3 - "$home" <<'END'
import glob, struct, sys
plain = 0
for name in glob.glob(sys.argv[1] + "/*.db"):
    data = open(name, "rb").read()
    plain += sum(struct.unpack_from("<I", data, at + 8)[0] == at // 4096 and any(data[at:at + 26])
                 for at in range(0, len(data), 4096))
print(plain)
END
)"
cp -r "$home" "$work/base"
again() { rm -rf "$home" && cp -r "$work/base" "$home"; }

# ---- one bit, in the middle of what a page is made of ----

for place in 0 9 16 20 22 25 26 300 4000; do
	for file in catalogue.db series.db chunks.db; do
		again
		page=$(leaf $file 1)
		spoil $file "$page" "page[$place] ^= 4"
		is "byte $place of a page of $file: everything can be read" 6000 "$(rows 'SELECT n FROM air')"
		check_store
		is "it is found" 4 $code
		says 'and told' "$file: page $page has one flipped bit"
		check_store --repair
		well 'a repair turns it back'
	done
done
again
spoil chunks.db 0 'page[30] ^= 1'
is 'the first page of a file, too' 6000 "$(rows 'SELECT n FROM air')"
check_store --repair
well 'and it is mended'

# ---- a leaf of chunks that is gone ----

again
spoil chunks.db "$(leaf chunks.db 2)" 'page[100:900] = bytes(i * 7 % 251 for i in range(800))'
answer=$(ask 'SELECT count(n) FROM air' 2>&1)
case $answer in
*"page $(leaf chunks.db 2) of chunks.db is damaged"*) ok 'a query says which page it is' ;;
*) not_ok 'a query says which page it is' "$answer" ;;
esac
check_store
is 'it is found' 4 $code
says 'with bucket and measurement' "chunks.db, bucket b, measurement air: page $(leaf chunks.db 2) is damaged: its records cannot be read"
check_store --repair
is 'a repair tells' 4 $code
says 'that they are dropped' '(dropped)'
well 'then the store is well'
left=$(rows 'SELECT n FROM air')
if [ "$left" -lt 6000 ] && [ "$left" -gt 4000 ]; then ok 'others are there'; else not_ok 'others are there' "$left"; fi
is 'all series have their names' 60 "$(rows 'SHOW SERIES FROM air')"
echo 'air,room=r01,floor=f1 n=7i 1700000000000000000' | "$weir" --home "$home" write --bucket b - >/dev/null
is 'and it can be written' 1 "$(rows 'SELECT n FROM air WHERE time > 1650000000s')"

# ---- the index made again ----

for nth in 1 2 3; do
	again
	page=$(leaf series.db $nth)
	[ -n "$page" ] || continue
	spoil series.db "$page" 'page[50:3000] = bytes(i * 11 % 251 for i in range(2950))'
	check_store --repair
	well "page $page of the index is lost: the store is well again"
	is 'no row is lost' 6000 "$(rows 'SELECT n FROM air')"
	is 'no series either' 60 "$(rows 'SHOW SERIES FROM air')"
done

# ---- names that are lost ----

again
spoil catalogue.db "$(leaf catalogue.db 1)" 'page[26:4096] = bytes(i * 13 % 251 for i in range(4070))'
check_store --repair
says 'a catalogue that is lost gets other names' 'the name of a measurement that has rows is lost'
well 'then it is well'
bucket=$("$weir" --home "$home" bucket list | awk '/recovered-/ { print $2 }')
is 'with all rows' 6000 "$("$weir" --home "$home" query --bucket "$bucket" --csv 'SELECT * FROM /recovered/' | tail -n +2 | wc -l)"

# ---- the log ----

again
spoil log.0000000001 1 'page[100] ^= 16'
check_store
is 'a flipped bit in the log is found' 4 $code
says 'and told' 'of log.0000000001: one flipped bit'
is 'whoever comes turns it back' 6000 "$(rows 'SELECT n FROM air')"
well 'and it is well'
again
spoil log.0000000001 1 'page[100:200] = bytes(100)[:50] + bytes([9]) * 50'
check_store
is 'worse damage is found' 4 $code
says 'and told' 'a record is damaged, and whole ones follow it'
check_store --repair
well 'a repair does without'
is 'with all that the databases have' 6000 "$(rows 'SELECT n FROM air')"

# ---- late rows that meet a damaged chunk ----

again
rm "$home/weir.format"		# so that a single chunk is damaged, not a page
echo "air,room=late,floor=f0 note=\"marked-note\",temp=1 1600000000
air,room=late,floor=f0 note=\"another\",temp=2 1600000100" | "$weir" --home "$home" write --bucket b --precision s - >/dev/null
"$weir" --home "$home" compact
settle
python3 - "$home/chunks.db" <<'END'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
at = data.find(b"marked-note")
data[at + 2] ^= 8
open(sys.argv[1], "wb").write(data)
END
echo 'air,room=late,floor=f0 temp=3 1600000050' | "$weir" --home "$home" write --bucket b --precision s - >/dev/null
"$weir" --home "$home" compact 2>"$work/compact"
case $(cat "$work/compact") in
*'go back to the journal'*) ok 'late rows that meet a damaged chunk stay in the journal, and this is told' ;;
*) not_ok 'late rows that meet a damaged chunk stay in the journal, and this is told' "$(cat "$work/compact")" ;;
esac
is 'readers have them' 3 "$(rows "SELECT temp FROM air WHERE room = 'late'")"
check_store --repair
says 'a repair drops what is damaged' 'field "note"'
"$weir" --home "$home" compact
check_store
is 'then it is well' 0 $code
says 'and they go into chunks by themselves' ' 0 frames of the journal'
is 'all of them' 3 "$(rows "SELECT temp FROM air WHERE room = 'late'")"

finish
