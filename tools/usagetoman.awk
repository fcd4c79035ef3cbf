# tools/usagetoman.awk - a manual page from a shell script: the comment atop it and its usage
#
#     awk -v name=weir-spawn -v section=8 -v version=0.1.0 -v date=2026-11-27 \
#         -f roff.awk -f usagetoman.awk deploy/spawn-fcgi/weir-spawn
#
# The comment's first line is "PATH - what the program is for", what follows is the description.
# usage() shows a text between END_OF_USAGE marks: a line "usage: ...", options with their meaning,
# and a line "Exit status: 0 done; 1 failed".

FNR <= 2 && !/ - / { next }

!named {
	purpose = $0
	sub(/^.* - /, "", purpose)
	printf ".TH %s %s \"%s\" \"weir %s\" \"weir\"\n", toupper(name), section, date, version
	printf ".SH NAME\n%s \\- %s\n", escape(name), escape(purpose)
	named = commented = 1
	next
}

commented && /^#/ {
	sub(/^# ?/, "")
	sub(/^See usage\(\) below\. */, "")
	description = description (description == "" || $0 == "" ? "" : " ") $0
	next
}

{ commented = 0 }

/<<'END_OF_USAGE'/ { inside = 1; next }
/^END_OF_USAGE/ { inside = 0 }
!inside { next }

sub(/^usage: /, "") {
	print ".SH SYNOPSIS\n" escape($0)
	print ".SH DESCRIPTION"
	put(description)
	next
}

/^  --/ {
	if (!in_options++)
		print ".SH OPTIONS"
	match($0, /^  --[a-z-]+( [A-Z|a-z]+)?/)
	print ".TP\n" escape(substr($0, 3, RLENGTH - 2))
	sub(/^ +/, "", $0)
	help = $0
	sub(/^--[a-z-]+( [A-Z|a-z]+)? +/, "", help)
	put(help)
	next
}

/^   +/ && in_options {
	sub(/^ +/, "")
	put($0)
	next
}

sub(/^Exit status: */, "") {
	sub(/\.$/, "")
	print ".SH EXIT STATUS"
	n = split($0, parts, /; */)
	for (i = 1; i <= n; i++) {
		print ".TP\n" substr(parts[i], 1, 1)
		put(substr(parts[i], 3))
	}
	print ".SH SEE ALSO\nspawn\\-fcgi(1), multiwatch(1), weir\\-query(8), weir\\-write(8)"
	done = 1
}

END {
	if (!done) {
		print "usagetoman: " FILENAME " has no usage with a line \"Exit status:\"" > "/dev/stderr"
		exit 1
	}
}
