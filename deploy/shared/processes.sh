# deploy/shared/processes.sh - what belongs to one home: its web server and its weir programs
#
# Sourced by deploy/local. Two facts that no other process shares tell what a start began: the web
# server runs with the configuration file of this home, and a weir program has this home in its
# environment. Signals go to those and nothing else.

# The web server of this home, as a process id; nothing when it is down. A server that restarts has
# no file with its id for a moment: then it is looked for.
server_pid() {
	local pid=
	[ -e "$web/$server.conf" ] || return 1
	[ ! -s "$web/server.pid" ] || read -r pid <"$web/server.pid" 2>/dev/null
	if [[ $pid =~ ^[0-9]+$ ]] && kill -0 "$pid" 2>/dev/null && runs_server "$pid"; then
		echo "$pid"
		return
	fi
	for pid in /proc/[0-9]*; do
		pid=${pid#/proc/}
		if runs_server "$pid" && ! runs_server "$(parent_of "$pid")"; then
			echo "$pid"
			return
		fi
	done
	return 1
}

parent_of() { sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null; }

# runs_server PID: with the configuration of this home? Without /proc its file has to be believed.
runs_server() {
	local words=()
	[ -d /proc/self ] || return 0
	{ mapfile -d '' -t words <"/proc/$1/cmdline"; } 2>/dev/null
	case ${words[0]-} in
	*lighttpd | *apache2 | *httpd | *nginx | nginx:*) [[ " ${words[*]} " == *" $web/$server.conf "* ]] ;;
	*) return 1 ;;
	esac
}

# The weir programs that serve this home, a process id a line. Without /proc none can be told.
program_pids() { pids_of weir-write weir-query; }

# pids_of NAME...: programs of these names that have this home in their environment
pids_of() {
	local dir exe
	for dir in /proc/[0-9]*; do
		exe=$(readlink "$dir/exe" 2>/dev/null)
		exe=${exe%' (deleted)'}
		[[ -n $exe && " $* " == *" ${exe##*/} "* ]] || continue
		tr '\0' '\n' <"$dir/environ" 2>/dev/null | grep -qxF -- "WEIR_HOME=$home" || continue
		echo "${dir#/proc/}"
	done
}

# wait_for SECONDS COMMAND...: until the command succeeds
wait_for() {
	local left=$(($1 * 20))
	shift
	while ! "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.05
	done
}

server_is_down() { ! server_pid >/dev/null; }
programs_are_down() { [ -z "$(pids_of multiwatch weir-write weir-query)" ]; }

# A multiwatch first, which would start new ones.
signal_programs() {
	local pid
	for pid in $(pids_of multiwatch) $(program_pids); do
		kill "-$1" "$pid" 2>/dev/null
	done
}

# stop_server SIGNAL: the first signal lets requests under way end; each of the next steps is for
# what the one before left over.
stop_server() {
	local pid step
	for step in "$1:10" TERM:4 KILL:4; do
		pid=$(server_pid) && kill "-${step%:*}" "$pid" 2>/dev/null
		wait_for "${step#*:}" server_is_down && break
	done
}

stop_programs() {
	local step
	for step in TERM:8 KILL:4; do
		programs_are_down && break
		signal_programs "${step%:*}"
		wait_for "${step#*:}" programs_are_down
	done
}
