# tests/clients/run.sh - what the end-to-end scripts of clients share; sourced after lib.sh

# run_client PROGRAM...: its lines "ok" and "not ok", counted; what else it said where it broke off
run_client() {
	local failed
	WEIR_TEST_URL=$url WEIR_TEST_TOKEN=$token timeout 120 "$@" >"$work/said" 2>&1
	failed=$?
	grep -A 2 -E '^(ok|not ok) ' "$work/said" | grep -E '^(ok|not ok|#)'
	n_failed=$((n_failed + $(grep -c '^not ok' "$work/said")))
	grep -q '^ok' "$work/said" && { [ "$failed" -eq 0 ] || grep -q '^not ok' "$work/said"; } ||
		not_ok "$* runs to its end" "status $failed" "$(tail -n 8 "$work/said")"
}

# run_node SCRIPT: a program of this folder, with the pinned clients
run_node() {
	"$top/tests/clients/install" "$build" >"$work/said" 2>&1 || {
		not_ok 'the clients are installed' "$(tail -n 5 "$work/said")"
		return
	}
	NODE_PATH=$build/clients/node_modules run_client node "$top/tests/clients/$1"
}
