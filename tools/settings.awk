# tools/settings.awk - the rows of settings_table.h as a part of weir.conf(5)
#
#     awk -f roff.awk -f settings.awk lib/program/program.h lib/program/settings_table.h
#
# program.h is read for the texts behind names such as WEIR_HOME_DEFAULT.

/^#define [A-Z_]+ ".*"$/ {
	name = $2
	sub(/^[^"]*/, "")
	constants[name] = $0
}

FILENAME ~ /settings_table/ { text = text " " $0 }

# What stands between the first and the last quote, and pieces of a text joined.
function unquote(text) {
	gsub(/"[ \t]+"/, "", text)
	sub(/^[^"]*"/, "", text)
	sub(/"[^"]*$/, "", text)
	return text
}

END {
	gsub(/\t/, " ", text)
	while (match(text, /\*\//))		# comments end before the first row
		text = substr(text, RSTART + 2)
	kinds["TEXT"] = "text"
	kinds["SIZE"] = "size"
	kinds["COUNT"] = "number"
	kinds["DURATION"] = "duration"
	kinds["FLAG"] = "yes or no"
	n = split(text, rows, /SETTING\(/)
	for (i = 2; i <= n; i++) {
		row = rows[i]
		kind = substr(row, 1, index(row, ",") - 1)
		row = substr(row, index(row, ",") + 1)
		name = substr(row, 1, index(row, ",") - 1)
		row = substr(row, index(row, ",") + 1)
		value = substr(row, 1, index(row, ",") - 1)
		gsub(/ /, "", name)
		gsub(/ /, "", value)
		if (value in constants)
			value = constants[value]
		print ".TP\n" escape(name " (" kinds[kind] "; default " unquote(value) ")")
		put(unquote(substr(row, index(row, ",") + 1)) ".")
	}
	exit n < 2
}
