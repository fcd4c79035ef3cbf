#!/usr/bin/env bash
# Node.js without a library, by the snippets of InfluxDB's 1.x compatibility page.
. "${BASH_SOURCE[0]%/*}/lib.sh"
. "$top/tests/clients/run.sh"
start_server
run_node snippets.js
