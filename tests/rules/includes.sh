#!/usr/bin/env bash
#
# tests/rules/includes.sh - every #include held against the table of rooms
#
#     tests/rules/includes.sh [DIRECTORY]
#
# A room includes itself and the rooms that its row names; from outside, a room is one header of its
# own name, base/ and model/ excepted, which are vocabularies with one header per noun. A foreign
# library is seen by its rooms alone. Programs include any room, and never one another. Names each
# offender on a line of its own and ends with 1 when there is one.
#
set -eu
cd "${1:-${top_srcdir:-$(dirname "$0")/../..}}"

rooms='
base:
model:     base
http:      base
line:      base model
influxql:  base model
codec:     base model
format:    base model
store:     base model codec
auth:      base model store
write:     base model line store admin
export:    base model line store
admin:     base model store auth
query:     base model influxql store admin
program:   base model http line influxql codec format store auth write export admin query
'

# A header of a foreign library, and the rooms that may see it.
foreign='
fcgiapp.h:     http
fcgi_stdio.h:  http
fcgi_config.h: http
fcgimisc.h:    http
fcgios.h:      http
zlib.h:        http codec
libdeflate.h:  http codec
db.h:          store
sodium.h:      auth
jansson.h:     admin query
pcre2.h:       query
'

find lib fcgi cgi-bin -type f \( -name '*.c' -o -name '*.h' \) 2>/dev/null | LC_ALL=C sort |
    tr '\n' '\0' | xargs -0 -r grep -EHn '^[[:space:]]*#[[:space:]]*include' |
    awk -v rooms="$rooms" -v foreign="$foreign" '
function read_table(text, may,    rows, words, n, i, j, m)
{
	n = split(text, rows, "\n")
	for (i = 1; i <= n; i++) {
		m = split(rows[i], words, /[: ]+/)
		if (m == 0)
			continue
		may[words[1]] = " "
		for (j = 2; j <= m; j++)
			may[words[1]] = may[words[1]] words[j] " "
	}
}

function offends(why)
{
	print place ": " why
	offenders++
}

# The program a file of fcgi/ or cgi-bin/ is part of: query_v1.c is a part of query.
function program_of(path)
{
	sub(/^.*\//, "", path)
	sub(/[_.].*$/, "", path)
	return path
}

function check_foreign(header)
{
	if (header in may_see && index(may_see[header], " " room " ") == 0)
		offends("<" header "> is for" may_see[header] "alone")
}

function check_room(path,    other)
{
	other = path
	sub(/\/.*$/, "", other)
	if (!(other in may_include))
		offends("\"" path "\" is in no room")
	else if (other == room || other == "base" || other == "model")
		check_vocabulary(other)
	else if (room != "" && index(may_include[room], " " other " ") == 0)
		offends(room " may not include " other)
	else if (path != other "/" other ".h")
		offends("\"" path "\" is inside " other ": include \"" other "/" other ".h\"")
}

function check_vocabulary(other)
{
	if (room != "" && other != room && index(may_include[room], " " other " ") == 0)
		offends(room " may not include " other)
}

# A header beside the file: for programs their own alone; rooms name the room.
function check_beside(path)
{
	if (path == "config.h")
		return
	if (room != "")
		offends("\"" path "\" does not name its room")
	else if (program_of(path) != program_of(file))
		offends("\"" path "\" is another program'"'"'s")
}

BEGIN {
	read_table(rooms, may_include)
	read_table(foreign, may_see)
}

{
	n_includes++
	place = $0
	sub(/:[[:space:]]*#.*$/, "", place)
	file = place
	sub(/:[0-9]+$/, "", file)
	room = ""
	if (file ~ /^lib\//) {
		room = file
		sub(/^lib\//, "", room)
		sub(/\/.*$/, "", room)
	}
	if (room != "" && !(room in may_include)) {
		offends("lib/" room " is no room")
		next
	}
	header = $0
	if (match(header, /<[^>]*>/))
		check_foreign(substr(header, RSTART + 1, RLENGTH - 2))
	else if (match(header, /"[^"]*"/)) {
		header = substr(header, RSTART + 1, RLENGTH - 2)
		if (header ~ /^(fcgi|cgi-bin)\//)
			check_beside(header)
		else if (header ~ /\//)
			check_room(header)
		else
			check_beside(header)
	} else
		offends("an #include that is neither <...> nor \"...\"")
}

END {
	if (n_includes == 0) {
		print "no #include was found: is this the top of the tree?"
		exit 1
	}
	printf "%d includes, %d offenders\n", n_includes, offenders
	exit offenders != 0
}'
