# tools/map.awk - who includes whom: a line a room, the rooms it includes after the arrow
#
#     awk -f map.awk lib/*/*.[ch] fcgi/*.[ch] cgi-bin/*.[ch]

function room(path, parts, n) {
	n = split(path, parts, "/")
	return parts[n - 1]
}

FNR == 1 {
	from = room(FILENAME)
	files[from]++
}

/^#[ \t]*include[ \t]+"/ {
	split($0, quoted, "\"")
	to = quoted[2]
	if (to !~ /\//)
		next
	sub(/\/.*/, "", to)
	if (to != from && !((from, to) in seen)) {
		seen[from, to] = 1
		reaches[from] = reaches[from] " " to
	}
}

END {
	order = "base model http line influxql codec format store auth write admin query program fcgi cgi-bin"
	n = split(order, rooms, " ")
	for (i = 1; i <= n; i++)
		if (rooms[i] in files)
			printf "%-9s %3d files ->%s\n", rooms[i], files[rooms[i]], reaches[rooms[i]]
}
