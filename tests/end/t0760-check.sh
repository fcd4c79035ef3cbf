#!/usr/bin/env bash
# weir check finds flipped bits in records, tells whose they are, and drops no more than what is damaged.
. "${BASH_SOURCE[0]%/*}/lib.sh"
alike 'a check is'
make_store
# pages without checksums, as in a store of format 2: it is the records' own that tell
rm "$home/weir.format"

# flip FILE TEXT [BITS]: a bit in the first place where the text stands, as if the disk had done it
flip() {
	python3 - "$home/$1" "$2" "${3:-8}" <<-'END' || not_ok "there is $2 in $1"
		import sys
		name, text = sys.argv[1], sys.argv[2].encode()
		data = bytearray(open(name, "rb").read())
		at = data.find(text)
		assert at >= 0
		data[at + 2] ^= int(sys.argv[3])
		open(name, "wb").write(data)
	END
	rm -f "$home"/__db.* "$home/weir.mark"
}
check_store() { said=$("$weir" --home "$home" check "$@" 2>&1); code=$?; }
says() {
	case $said in
	*"$2"*) ok "$1" ;;
	*) not_ok "$1" "$said" ;;
	esac
}
rows() { "$weir" --home "$home" query --bucket b --csv "$1" | tail -n +2 | wc -l; }

"$weir" --home "$home" bucket create b --description 'first-description' >/dev/null
for i in $(seq 12); do echo "air,room=attic temp=$i,note=\"marked-note-$i\" $((1600000000 + i * 60))"; done |
	"$weir" --home "$home" write --bucket b --precision s - >/dev/null
for i in $(seq 12); do echo "air,room=cellar temp=$i,note=\"plain-$i\" $((1600000000 + i * 60))"; done |
	"$weir" --home "$home" write --bucket b --precision s - >/dev/null
check_store
is 'a store fresh from writing is well' 0 $code
says 'its journal was read' ' 2 frames of the journal'
"$weir" --home "$home" compact
check_store
is 'compacted, too' 0 $code
says 'all rows were read' '2 chunks; 24 rows; 0 damaged'

# a checkpoint, so that the databases have all of it: recovery would mend what the log still has
settle() { for _ in 1 2 3; do rm -f "$home"/__db.* "$home/weir.mark"; "$weir" --home "$home" stats >/dev/null; done; }
settle
flip chunks.db marked-note-3
check_store
is 'a flipped bit in a chunk is found' 4 $code
says 'whose it is, and from when to when' 'chunk, bucket b, measurement air, series air,room=attic, 2020-09-13T12:27:40Z to 2020-09-13T12:38:40Z: field "note": '
is 'a field beside it can be read' 12 "$(rows "SELECT temp FROM air WHERE room = 'attic'")"
"$weir" --home "$home" query --bucket b "SELECT note FROM air WHERE room = 'attic'" >"$work/out" 2>&1
is 'a query of it fails rather than lie' 3 $?
check_store --json
is 'JSON tells the same' '["chunk", "b", "air", false]' \
	"$(python3 -c 'import json, sys; d = json.loads(sys.argv[1]); print(json.dumps([d["where"], d["bucket"], d["measurement"], d["dropped"]]))' "$said")"
check_store --repair
is 'it is dropped when asked for' 4 $code
says 'and this is said' '(dropped)'
check_store
is 'then the store is well' 0 $code
is 'the other field is all there' 12 "$(rows "SELECT temp FROM air WHERE room = 'attic'")"
is 'and so is the other series' 12 "$(rows "SELECT note FROM air WHERE room = 'cellar'")"

echo 'air,room=hall note="journal-note" 1600000000000000000' | "$weir" --home "$home" write --bucket b - >/dev/null
echo 'air,room=roof note="another-note" 1600000000000000000' | "$weir" --home "$home" write --bucket b - >/dev/null
flip journal.0000000002 journal-note 12
check_store
is 'two flipped bits in the journal are found' 4 $code
says 'and whose it is' 'journal, bucket b, measurement air'
check_store --repair
check_store
is 'what cannot be read is set aside' 0 $code
is 'what follows it is there' 1 "$(rows "SELECT note FROM air WHERE room = 'roof'")"

settle
flip catalogue.db first-description
check_store
is 'a flipped bit in the catalogue is found' 4 $code
says 'and what it was' 'catalogue: a bucket: it fails its checksum'

"$weir" --home "$home" query --bucket b 'SELECT temp FROM air' >/dev/null 2>&1
is 'nobody can read the bucket' 1 $?
check_store --repair
says 'it is made again by its name' 'made again by its name, it keeps its points for ever'
check_store
is 'then the store is well again' 0 $code
is 'with all its points' 25 "$(rows 'SELECT temp, note FROM air')"

settle
python3 - "$home/catalogue.db" <<'END'
import re, sys
data = bytearray(open(sys.argv[1], "rb").read())
at = re.search(b"M.{8}air", bytes(data), re.S).start()      # a key; its record stands before it
data[at - 8] ^= 1
open(sys.argv[1], "wb").write(data)
END
rm -f "$home"/__db.* "$home/weir.mark"
check_store
is 'a flipped bit in the name of a measurement is found' 4 $code
says 'and what it was' 'catalogue: a measurement: it fails its checksum'
check_store --repair
check_store
is 'it is mended' 0 $code
is 'and has its points' 25 "$(rows 'SELECT temp, note FROM air')"

check_store --fix
is 'an unknown option is a mistake' 2 $code

finish
