#!/usr/bin/env bash
# npm's @influxdata/influxdb-client, unchanged: writes plain, gzip and in batches; its errors.
. "${BASH_SOURCE[0]%/*}/lib.sh"
. "$top/tests/clients/run.sh"
start_server
"$weir" --home "$home" bucket create sensors >/dev/null
run_node client_v2.js
