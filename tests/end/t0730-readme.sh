#!/usr/bin/env bash
# Every command of README's sections "Write and query" and "Bring data", typed as it stands there, on this server.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

# Commands are set in by four blanks, and go on behind a backslash.
sed -n '/^## Write and query/,/^## Configure/s/^    //p' "$top/README.md" |
	sed "s|http://localhost:8086|$url|; s|build/cgi-bin/weir|$weir|g; s|build/home|$home|; s|\$PWD/||; s|points.lp|$work/points.lp|" \
	>"$work/commands"
echo 'home,room=attic temp=30 1641024000' >"$work/points.lp"
cd "$work" || exit 1
export PATH=$work/bin:$PATH
mkdir "$work/bin"
printf '#!/bin/sh\nexec %s -sS --fail-with-body "$@"\n' "$(command -v curl)" >"$work/bin/curl"
chmod +x "$work/bin/curl"

n=0
command=
while IFS= read -r line; do
	command=$command${command:+$'\n'}$line
	[ "${line%\\}" = "$line" ] || continue
	case $command in
	TOKEN=*) eval "$command" ;;
	export*) eval "$command" ;;
	curl* | "$weir"* | zcat*)
		n=$((n + 1))
		check "README: $(tr -d '\\\n' <<<"${command/$weir/weir}" | cut -c 1-110)" bash -c "TOKEN=$TOKEN; $command"
		said=$(cat "$work/said")
		check '  without an error in its answer' test "${said/\"error\"/}" = "$said"
		;;
	esac
	command=
done <"$work/commands"
check 'there are some' test "$n" -ge 10
request -G "$url/query" -H "Authorization: Token $TOKEN" -d db=mydb -d epoch=s --data-urlencode 'q=SELECT count(temp) FROM home GROUP BY room'
gives 'and what they wrote is there' 200 "$(result '{"name":"home","tags":{"room":"attic"},"columns":["time","count"],"values":[[0,1]]}' '{"name":"home","tags":{"room":"kitchen"},"columns":["time","count"],"values":[[0,2]]}')"
