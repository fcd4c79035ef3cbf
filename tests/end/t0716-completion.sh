#!/usr/bin/env bash
# Completion in bash and zsh offers what `weir help` and `deploy/local --help` tell, and buckets.
. "${BASH_SOURCE[0]%/*}/lib.sh"
"$weir" --home "$home" init >/dev/null
"$weir" --home "$home" bucket create sensors >/dev/null
"$weir" --home "$home" bucket create 'a roof' >/dev/null
export PATH=${weir%/*}:$PATH
names=$(weir help | sed -n '2,$s/^  \([a-z][a-z ]*[a-z]\)   *[^ ].*/\1/p')

. "$top/deploy/completion/bash/weir"
. "$top/deploy/completion/bash/deploy-local"

# offers WORD...: what bash would offer for the last word, the words parted by blanks
offers() {
	local IFS=$' \t\n'
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	case $1 in
	weir) _weir ;;
	*) _weir_deploy_local ;;
	esac 2>&1
	echo "${COMPREPLY[*]}"
}
is 'bash: the first words' "$(offers weir '')" "$(cut -d ' ' -f 1 <<<"$names" | sort -u | paste -s -d ' ') help --home --help --version"
n=0
while read -r name; do
	n=$((n + 1))
	read -r first second <<<"$name"
	[ -z "$second" ] || like "bash: $name" " $(offers weir "$first" '') " " $second "
	is "bash: options of $name" "$(offers weir $first $second --)" \
		"$(echo $(weir help $name | sed -n 's/^  \(--[a-z-]*\).*/\1/p') --home --help)"
done <<<"$names"
check 'there are many' test "$n" -ge 15
is 'bash: a word that was begun' "$(offers weir comp)" compact
is 'bash: help of a command' "$(offers weir help bucket l)" list
is 'bash: units' "$(offers weir write --precision m)" 'ms m'
is 'bash: files' "$(cd "$work" && touch points.lp && offers weir write po)" points.lp
is 'bash: folders' "$(cd "$work" && offers weir --home ho)" home
is 'bash: buckets' "$(offers weir --home "$home" write --bucket '')" 'a\ roof sensors'
is 'bash: buckets after --home=' "$(offers weir --home = "$home" bucket delete s)" sensors
is 'bash: no buckets where there is no store' "$(offers weir --home "$work/none" bucket delete '')" ''

cd "$top" || exit 1
is 'bash: deploy/local' "$(offers deploy/local '')" 'start stop status'
like 'bash: its modes' " $(offers deploy/local start --mode '') " ' fcgi .*cgi '
for option in $(deploy/local --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p'); do
	like "bash: deploy/local $option" " $(offers deploy/local start --port 8086 --) " " $option "
done

# zsh, its own functions replaced by ones that say what they were asked for
cat >"$work/offers.zsh" <<'END'
compadd() { print -r -- ${@:#--}; }
_describe() { local list=$@[-1]; print -r -- ${${(P)list}%%:*}; }
_files() { print -r -- files $*; }
functions[_run]=$(<$1)
shift
words=("$@") CURRENT=$#
_run
END
in_zsh() { zsh -f "$work/offers.zsh" "$top/deploy/completion/zsh/_weir" "$@" 2>&1 | paste -s -d ' '; }
while read -r name; do
	is "zsh: options of $name" "$(in_zsh weir $name --)" \
		"$(echo $(weir help $name | sed -n 's/^  \(--[a-z-]*\).*/\1/p') --home --help)"
done <<<"$names"
is 'zsh: the second word' "$(in_zsh weir bucket '')" "$(sed -n 's/^bucket //p' <<<"$names" | paste -s -d ' ')"
is 'zsh: units' "$(in_zsh weir query --epoch '')" 'ns us ms s m h'
is 'zsh: buckets' "$(in_zsh weir --home "$home" bucket delete '')" 'a roof sensors'
is 'zsh: files' "$(in_zsh weir write '')" files
