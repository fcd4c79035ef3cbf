#!/usr/bin/env bash
#
# tests/rules/clients.sh - the clients of tests/clients are pinned, and by their hashes alone
#
# Each version in package.json is a single one; package-lock.json has a hash for every package and
# no address, so that npm asks whatever registry it was told to ask.

set -u
cd "${top_srcdir:-$(dirname "${BASH_SOURCE[0]}")/../..}/tests/clients" || exit 1

failed=0
fail() {
	echo "tests/clients: $*"
	failed=1
}

pins=$(sed -n '/"dependencies"/,/}/s/^ *"\([^"]*\)": "\([^"]*\)",\{0,1\}$/\1 \2/p' package.json)
[ -n "$pins" ] || fail 'package.json names no client'
while read -r name version; do
	[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] ||
		fail "package.json: found \"$version\" for $name, expected one version such as 1.2.3"
	grep -A 1 -F "\"node_modules/$name\"" package-lock.json | grep -qF "\"version\": \"$version\"" ||
		fail "package-lock.json has not $name $version: tests/clients/install --lock"
done <<<"$pins"

packages=$(grep -c '"node_modules/' package-lock.json)
hashes=$(grep -c '"integrity": "sha512-' package-lock.json)
[ "$packages" -eq "$hashes" ] || fail "package-lock.json: found $hashes hashes for $packages packages"
addresses=$(grep -nE '"resolved"|://' package-lock.json package.json npmrc) && fail "an address: $addresses"
exit $failed
