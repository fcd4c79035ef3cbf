# tools/grammar.awk - the grammar, gathered from the productions above the parser's functions
#
#     awk -f grammar.awk lib/influxql/parse*.c
#
# A production stands in a comment: NAME = ... and ends with a dot that a blank precedes, at the
# end of a line or before a remark.

FNR == 1 {
	titled = 0
	inside = 0
}

!/^(\/\*| \*) / { inside = 0; next }

{
	text = $0
	sub(/^(\/\*| \*) /, "", text)
	sub(/ *\*\/$/, "", text)
}

!inside && text ~ /^[a-z_]+ += [^=]/ {
	inside = 1
	if (!titled) {
		path = FILENAME
		sub(/^.*lib\//, "", path)
		printf "%s(* %s *)\n", printed ? "\n" : "", path
		titled = printed = 1
	}
}

inside {
	ended = match(text, / \.( |$)/)
	print ended ? substr(text, 1, RSTART + 1) : text
	if (ended)
		inside = 0
}
