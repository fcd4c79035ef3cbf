# tools/commands.awk - what `weir help COMMAND` tells, command after command, as manual page
#
#     tools/commands.sh WEIR    calls this

function leave() {
	if (in_options)
		print ".RE"
	in_options = 0
}

sub(/^usage: weir \[--home DIR\] /, "") {
	leave()
	print ".TP\n" escape($0)
	next
}

/^$/ { next }

/^  --/ {
	if (!in_options)
		print ".RS"
	in_options = 1
	match($0, /^  --[a-z-]+( [A-Z|]+)?/)
	print ".TP\n" escape(substr($0, 3, RLENGTH - 2))
	help = substr($0, RLENGTH + 1)
	sub(/^ +/, "", help)
	put(help)
	next
}

{ put($0) }

END { leave() }
