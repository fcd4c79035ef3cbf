#!/usr/bin/env bash
#
# tests/rules/includes.sh - every #include against the table of rooms
#
# A room may include the rooms that its row names, and of another room nothing but the one header of
# that room's name (base/ and model/ are vocabularies: any header). A foreign library is seen by
# the rooms of its row alone. Programs may include every room, and never one another.

set -u
cd "${top_srcdir:-$(dirname "${BASH_SOURCE[0]}")/../..}" || exit 1

broken=$(awk '
BEGIN {
	may["base"] = ""
	may["model"] = "base"
	may["http"] = "base"
	may["line"] = "base model"
	may["influxql"] = "base model"
	may["codec"] = "base model"
	may["format"] = "base model"
	may["store"] = "base model codec"
	may["auth"] = "base model store"
	may["write"] = "base model line store admin"
	may["admin"] = "base model store auth"
	may["query"] = "base model influxql store admin"
	may["program"] = "*"
	may["fcgi"] = "*"
	may["cgi-bin"] = "*"

	alone["db.h"] = "store"
	alone["fcgiapp.h"] = "http"
	alone["fcgi_stdio.h"] = "-"
	alone["zlib.h"] = "http codec"
	alone["libdeflate.h"] = "http"
	alone["sodium.h"] = "auth"
	alone["pcre2.h"] = "query"
	alone["jansson.h"] = "admin query"
}

function among(word, list, words, i, n) {
	n = split(list, words, " ")
	for (i = 1; i <= n; i++)
		if (words[i] == word)
			return 1
	return 0
}

function says(what) {
	printf "%s:%d: %s\n", FILENAME, FNR, what
}

FNR == 1 {
	n = split(FILENAME, parts, "/")
	room = parts[n - 1]
	if (!(room in may))
		says("the room " room " is not in the table")
}

/^[ \t]*#[ \t]*include[ \t]+</ {
	split($0, quoted, /[<>]/)
	if (quoted[2] in alone && !among(room, alone[quoted[2]]))
		says("<" quoted[2] "> is for " alone[quoted[2]] " to see")
}

/^[ \t]*#[ \t]*include[ \t]+"/ {
	split($0, quoted, "\"")
	n = split(quoted[2], path, "/")
	if (n == 1) {
		if (room != "fcgi" && room != "cgi-bin")
			says("\"" quoted[2] "\" does not name its room")
		else {
			split(parts[length(parts)], mine, /[_.]/)
			split(path[1], theirs, /[_.]/)
			if (mine[1] != theirs[1])
				says("a program includes \"" quoted[2] "\" of another one")
		}
		next
	}
	if (path[1] == room)
		next
	if (!(path[1] in may))
		says("\"" quoted[2] "\" names no room")
	else if (may[room] != "*" && !among(path[1], may[room]))
		says(room " may not include " path[1])
	else if (path[1] != "base" && path[1] != "model" && path[2] != path[1] ".h")
		says("from outside, " path[1] " is " path[1] "/" path[1] ".h")
}
' $(find lib fcgi cgi-bin -name '*.[ch]' 2>/dev/null))

if [ -n "$broken" ]; then
	printf '%s\n' "$broken"
	exit 1
fi
