# tools/srctoman.awk - a manual page from the comment atop a program's main file
#
#     awk -v name=weir-write -v section=8 -v version=0.1.0 -v date=2026-11-27 \
#         -f roff.awk -f srctoman.awk fcgi/write.c
#
# The comment's first line is "PATH - what the program is for". After it a line all in capitals
# that touches the margin is a heading; a blank line parts paragraphs; a line with a gap of three
# blanks in it is an item and what is said of it, to which deeper lines below belong; what is else
# set in deeper than its section is shown as it stands; a line "@insert" stands for the file that
# -v insert=FILE names, which is manual page already. Nothing else is marked up, so the comment
# reads well in the source too. A section NAME is made from the first line unless there is one.

function leave_example() {
	if (in_example)
		print ".fi\n.RE"
	in_example = 0
}

function heading(text) {
	leave_example()
	print ".SH " text
	started = headed = 1
	parted = in_item = 0
	margin = -1
}

NR == 1 && /^\/\*/ { next }
/^ *\*\// { exit }

{
	sub(/^ \*/, "")
	sub(/^ /, "")
	sub(/[ \t]+$/, "")
	while (match($0, /\t/))
		$0 = substr($0, 1, RSTART - 1) substr("        ", 1, 8 - (RSTART - 1) % 8) \
		    substr($0, RSTART + 1)
}

!named && / - / {
	purpose = $0
	sub(/^.* - /, "", purpose)
	printf ".TH %s %s \"%s\" \"weir %s\" \"weir\"\n", toupper(name), section, date, version
	named = 1
	next
}

!named { next }

/^$/ {
	parted = 1
	next
}

/^[A-Z][A-Z ,]+$/ {
	if (!started && $0 != "NAME")
		printf ".SH NAME\n%s \\- %s\n", escape(name), escape(purpose)
	heading($0)
	next
}

{
	if (!started) {
		printf ".SH NAME\n%s \\- %s\n", escape(name), escape(purpose)
		heading("DESCRIPTION")
		margin = 0
	}
	match($0, /^ */)
	if (margin < 0)
		margin = RLENGTH > 4 ? 4 : RLENGTH
	if (RLENGTH > margin && in_item && !parted) {
		put(substr($0, RLENGTH + 1))
		next
	}
	if (RLENGTH > margin) {
		in_item = 0
		if (!in_example)
			print (headed ? "" : ".PP\n") ".RS 4\n.nf"
		else if (parted)
			print ""
		in_example = 1
		parted = headed = 0
		print escape(substr($0, margin + 1))
		next
	}
	leave_example()
	text = substr($0, RLENGTH + 1)
	if (text == "@insert") {
		n_inserted = 0
		while ((getline line < insert) > 0) {
			print line
			n_inserted++
		}
		if (n_inserted == 0) {
			print "srctoman: " FILENAME " wants something inserted, and \"" insert "\" is empty" \
			    > "/dev/stderr"
			exit failed = 1
		}
		parted = 1
		headed = in_item = 0
		next
	}
	if (match(text, /[^ ]   +[^ ]/)) {
		print ".TP\n" escape(substr(text, 1, RSTART))
		put(substr(text, RSTART + RLENGTH - 1))
		in_item = 1
		parted = headed = 0
		next
	}
	if ((parted || in_item) && !headed)
		print ".PP"
	in_item = parted = headed = 0
	put(text)
}

END {
	if (failed)
		exit 1
	leave_example()
	if (!named) {
		print "srctoman: " FILENAME " has no line \"PATH - purpose\" atop it" > "/dev/stderr"
		exit 1
	}
}
