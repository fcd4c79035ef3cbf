# tools/srctoman.awk - a manual page from the comment atop a program's main file
#
#     awk -v name=weir-write -v section=8 -v version=0.1.0 -f srctoman.awk fcgi/write.c
#
# The comment's first line is "PATH - what the program is for". After it a blank line parts
# paragraphs; a line all in capitals is a heading; a line set in by a tab or by four blanks is
# shown as it stands. Nothing else is marked up, so the comment reads well in the source too.

function escape(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	if (text ~ /^[.']/)
		text = "\\&" text
	return text
}

function leave_example() {
	if (in_example)
		print ".fi\n.RE"
	in_example = 0
}

function heading(text) {
	leave_example()
	print ".SH " text
	started = 1
	parted = 0
}

NR == 1 && /^\/\*/ { next }
/^ *\*\// { exit }

{
	sub(/^ \*/, "")
	sub(/^ /, "")
	sub(/[ \t]+$/, "")
}

!named && / - / {
	purpose = $0
	sub(/^.* - /, "", purpose)
	printf ".TH %s %s \"\" \"weir %s\" \"weir\"\n", toupper(name), section, version
	print ".SH NAME"
	print escape(name) " \\- " escape(purpose)
	named = 1
	next
}

!named { next }

/^$/ {
	parted = 1
	next
}

/^[A-Z][A-Z ,]+$/ {
	heading($0)
	next
}

/^(\t|    )/ {
	if (!started)
		heading("DESCRIPTION")
	if (!in_example) {
		print ".PP\n.RS 4\n.nf"
		in_example = 1
	} else if (parted)
		print ""
	parted = 0
	sub(/^(\t|    )/, "")
	print escape($0)
	next
}

{
	if (!started)
		heading("DESCRIPTION")
	leave_example()
	if (parted)
		print ".PP"
	parted = 0
	print escape($0)
}

END {
	leave_example()
	if (!named) {
		print "srctoman: " FILENAME " has no line \"PATH - purpose\" atop it" > "/dev/stderr"
		exit 1
	}
}
