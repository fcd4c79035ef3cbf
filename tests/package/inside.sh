#!/usr/bin/env bash
#
# tests/package/inside.sh ROOT - the package's life in the tree ROOT; tests/package/run calls this
#
# In namespaces of its own: no network but 127.0.0.1, and no process that outlives it.

set -u
root=$1
set --
. "$(dirname "${BASH_SOURCE[0]}")/../end/lib.sh"
mount -t proc proc "$root/proc" && mount -t proc proc /proc && ip link set lo up || exit 1
url=http://127.0.0.1:8086
stop_server() { :; }

in_root() { chroot "$root" env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
service() { in_root /etc/init.d/"$1" "$2"; }
files() {	# every name in the tree but for what dpkg and the servers keep on their own account
	(cd "$root" && find . -xdev \( -path ./proc -o -path ./tmp -o -path ./root -o -path ./run -o -path ./var/log \
		-o -path ./var/cache -o -path ./var/lib/dpkg -o -path ./var/lib/apache2 -o -path ./dev \) -prune -o -print | sort)
}
answers_soon() {
	for _ in {1..100}; do
		request "$url/ping"
		[ "$status" = 204 ] && return
		sleep 0.1
	done
	return 1
}
ended() {	# ended PID...: within some seconds; fails when there was none
	[ $# -gt 0 ] || return 1
	local pid
	for _ in {1..100}; do
		for pid in "$@"; do
			kill -0 "$pid" 2>/dev/null && sleep 0.1 && continue 2
		done
		return 0
	done
	return 1
}
temperatures() {	# temperatures NAME WANT: all of them, in a row
	request -G "$url/query" -H "Authorization: Token $first" -d db=house -d epoch=s --data-urlencode 'q=SELECT temp FROM home'
	is "$1" "$(grep -oE '\[[0-9]+,[0-9.]+\]' <<<"$body" | tr -d '[]' | cut -d , -f 2 | paste -s -d ' ')" "$2"
}
write_point() {	# write_point NAME VALUE
	answers "$1" 204 '' -- "$url/write?db=house&precision=s" -H "Authorization: Token $first" -d "home,room=attic temp=$2 170000000$2"
}
owners() { (cd "$root/var/lib/weir" && find . ! -type l -printf '%u %m %y\n' | sort -u | paste -s -d ,); }

files >"$work/before"
deb=$(cd "$root" && ls root/weir_*-1_*.deb)
next=$(cd "$root" && ls root/weir_*-2_*.deb)

# ---- install

check 'install' in_root dpkg -i "/$deb"
first=$(cat "$root/etc/weir/first-token")
like 'there is a first token' "$first" '^[A-Za-z0-9_-]{40,}$'
is 'for root alone' "$(stat -c '%U %a' "$root/etc/weir/first-token")" 'root 600'
is 'the store is of www-data alone' "$(owners)" 'www-data 600 f,www-data 700 d'
check 'root may use the command line' in_root weir bucket create from-root --retention 30d
is 'and leaves no file of its own there' "$(owners)" 'www-data 600 f,www-data 700 d'
is 'settings of /etc/weir/weir.conf count' "$(sed -i 's/^#disk_reserve.*/disk_reserve = 32M/' "$root/etc/weir/weir.conf" &&
	in_root weir settings | grep '^disk_reserve')" 'disk_reserve = 32M'
check 'nothing is enabled' bash -c '! ls "$0"/etc/lighttpd/conf-enabled/*weir* "$0"/etc/apache2/conf-enabled/weir* 2>/dev/null' "$root"
is 'completion of bash' "$(in_root bash -c '. /usr/share/bash-completion/completions/weir; COMP_WORDS=(weir comp) COMP_CWORD=1; _weir; echo $COMPREPLY')" compact
check 'systemd would compact once an hour' test -L "$root/etc/systemd/system/timers.target.wants/weir-compact.timer"
check 'and start no sockets' bash -c '! ls "$0"/etc/systemd/system/sockets.target.wants/weir-* 2>/dev/null' "$root"
is 'its units are of www-data' "$(cat "$root"/lib/systemd/system/weir-* "$root"/lib/systemd/system/weir-.service.d/* 2>/dev/null |
	grep -E '^(User|Group|SocketUser)=' | sort -u | paste -s -d ' ')" 'Group=www-data SocketUser=www-data User=www-data'
for page in man1/weir.1 man5/weir.conf.5 man8/weir-query.8 man8/weir-spawn.8 man8/weir-write.8; do
	check "manual page $page" test -s "$root/usr/share/man/$page.gz"
done

# ---- lighttpd

in_root lighty-enable-mod weir >/dev/null
check 'lighttpd starts with it' service lighttpd start
check '  and answers' answers_soon
write_point 'lighttpd: a write' 1
write_point 'lighttpd: another' 2
temperatures 'lighttpd: a query' '1 2'
answers_like 'lighttpd: nothing is served without a token' 401 unauthorized -- "$url/query?db=house&q=SHOW+MEASUREMENTS"
answers_like 'lighttpd: an unknown path is JSON' 404 '^\{"code":"not found"' -- "$url/nowhere"
is 'its programs are of www-data' "$(ps -o user= -p "$(pgrep -d , weir-)" | sort -u)" www-data
check 'root compacts beside it' in_root weir compact
is 'every file is still of www-data' "$(owners)" 'www-data 600 f,www-data 700 d'
is 'the command line sees the points' "$(in_root weir query --db house --csv --epoch s 'SELECT sum(temp) FROM home')" $'name,tags,time,sum\nhome,,0,3'

# ---- upgrade, under lighttpd

before=$(pgrep weir-)
check 'upgrade' in_root dpkg -i "/$next"
check '  lighttpd answers' answers_soon
check '  the programs of the old version have ended' ended $before
temperatures '  the points are there' '1 2'
write_point '  and more can be written' 3
is '  the token is the same' "$(cat "$root/etc/weir/first-token")" "$first"
is '  no other was made' "$(in_root weir token list --json | grep -o '"id"' | wc -l)" 1
is '  settings are kept' "$(in_root weir settings | grep '^disk_reserve')" 'disk_reserve = 32M'

# ---- Apache

check 'lighttpd stops' service lighttpd stop
in_root lighty-disable-mod weir >/dev/null
in_root a2enconf weir >/dev/null
check 'Apache takes the configuration' in_root apache2ctl configtest
check 'Apache starts with it' service apache2 start
check '  and answers' answers_soon
temperatures 'Apache: what lighttpd wrote' '1 2 3'
write_point 'Apache: a write' 4
temperatures 'Apache: a query' '1 2 3 4'
answers_like 'Apache: nothing is served without a token' 401 unauthorized -- "$url/query?db=house&q=SHOW+MEASUREMENTS"
answers_like 'Apache: an unknown path is JSON' 404 '^\{"code":"not found"' -- "$url/nowhere"
is 'its programs are of www-data' "$(ps -o user= -p "$(pgrep -d , weir-)" | sort -u)" www-data
is 'every file is still of www-data' "$(owners)" 'www-data 600 f,www-data 700 d'
before=$(pgrep weir-)
check 'upgrade under Apache' in_root dpkg -i "/$next"
check '  answers' answers_soon
check '  the programs of the old version have ended' ended $before
write_point '  and takes a write' 5

# ---- remove, install again, purge

check 'remove' in_root apt-get -q -y remove weir
check '  Apache goes on without it' in_root apache2ctl configtest
check '  and does not listen any more' bash -c 'sleep 1; ! curl -s -m 5 "$0/ping"' "$url"
check '  the store is kept' test -d "$root/var/lib/weir"
check 'install again' in_root dpkg -i "/$next"
is '  the points are there' "$(in_root weir query --db house --csv --epoch s 'SELECT sum(temp) FROM home')" $'name,tags,time,sum\nhome,,0,15'
is '  the token is the same' "$(cat "$root/etc/weir/first-token")" "$first"
in_root lighty-enable-mod weir >/dev/null
in_root a2enconf weir >/dev/null
check 'purge, enabled in both' in_root apt-get -q -y purge weir
service apache2 stop >/dev/null
files >"$work/after"
is '  nothing is left' "$(diff "$work/before" "$work/after")" ''
check '  nor known to dpkg' bash -c '! chroot "$0" dpkg -s weir' "$root"
check '  lighttpd starts without it' service lighttpd start
check '  Apache takes its configuration' in_root apache2ctl configtest
service lighttpd stop >/dev/null
ok 'the end'
url=
