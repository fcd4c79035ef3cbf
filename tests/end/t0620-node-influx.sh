#!/usr/bin/env bash
# npm's influx, unchanged: writes points, reads them back, asks for the schema.
. "${BASH_SOURCE[0]%/*}/lib.sh"
. "$top/tests/clients/run.sh"
start_server
run_node node_influx.js
