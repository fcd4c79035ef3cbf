#!/usr/bin/env bash
# npm's @influxdata/influxdb3-client, unchanged: its writes, and its queries, which need gRPC.
. "${BASH_SOURCE[0]%/*}/lib.sh"
. "$top/tests/clients/run.sh"
start_server
"$weir" --home "$home" bucket create sensors >/dev/null
run_node client_v3.js
