# tools/roff.awk - text as source of a manual page; read by awk before the scripts that write one

function escape(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	if (text ~ /^[.\47]/)
		text = "\\&" text
	return text
}

# Filled text in lines of 78 bytes at most.
function put(text, at) {
	while (length(text) > 78) {
		for (at = 78; at > 1 && substr(text, at, 1) != " "; at--)
			;
		if (at <= 1)
			break
		print escape(substr(text, 1, at - 1))
		text = substr(text, at + 1)
	}
	print escape(text)
}
