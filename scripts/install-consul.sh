#!/usr/bin/env bash
# Gets a real Consul agent for the tests into a cache folder and prints the path of its binary. Installs nothing and changes no file of the system.
#
#   scripts/install-consul.sh [FOLDER]       default: outrigger/consul in the user's cache folder
#   export CONSUL_BIN=$(scripts/install-consul.sh)
#
# Ways, in order: what the folder holds already; the package of Debian 11, the last release that has one, from the mirror that this
# machine's apt uses and checked by its keyring; with CONSUL_FROM_SOURCE=1 and Go 1.26, a build from Go modules (about ten minutes).
# Exit code 1 and one line on stderr when none of them works. The agent is for tests on the loopback address only: its release is old.
set -euo pipefail

folder=${1:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/outrigger/consul}
binary=$folder/consul
works () { [ -x "$1" ] && "$1" version >/dev/null 2>&1; }
fail () { echo "install-consul: $*" >&2; exit 1; }

if works "$binary"; then echo "$binary"; exit 0; fi
mkdir -p "$folder" || fail "cannot make the folder $folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The mirror of the machine's first Debian source, deb822 or one-line form.
mirror () {
  cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed -n 's/^URIs: *\([^ ]*\/debian\)\/* *$/\1/p' | head -1
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\/debian\)\/* .*/\2/p' | head -1
}

from_debian () {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then echo 'no apt-get or dpkg-deb' >"$work/reason"; return 1; fi
  local uri keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  uri=$(mirror | head -1)
  [ -n "$uri" ] || { echo 'apt has no Debian source' >"$work/reason"; return 1; }
  [ -r "$keyring" ] || { echo "$keyring is missing" >"$work/reason"; return 1; }
  mkdir -p "$work"/{sources,lists/partial,cache/archives/partial}
  printf 'Types: deb\nURIs: %s\nSuites: bullseye\nComponents: main\nSigned-By: %s\n' "$uri" "$keyring" >"$work/sources/bullseye.sources"
  cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/none";
Dir::Etc::sourceparts "$work/sources";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
APT::Sandbox::User "";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Acquire::Retries "2";
CONF
  (
    cd "$work"
    export APT_CONFIG=$work/apt.conf
    apt-get update -qq && apt-get download -qq consul && dpkg-deb -x consul_*.deb package
  ) >"$work/log" 2>&1 </dev/null || { echo "apt could not fetch Debian 11's package: $(grep . "$work/log" | tail -1)" >"$work/reason"; return 1; }
  works "$work/package/usr/bin/consul" || { echo "Debian's binary does not run here" >"$work/reason"; return 1; }
  mv "$work/package/usr/bin/consul" "$binary.new" && mv "$binary.new" "$binary"
}

from_source () {
  [ "${CONSUL_FROM_SOURCE:-}" = 1 ] && command -v go >/dev/null || return 1
  mkdir "$work/module"
  cat >"$work/module/go.mod" <<MOD
module outrigger/consul
go 1.26
require github.com/hashicorp/consul v1.22.7
require github.com/hashicorp/consul/api v1.34.1
exclude github.com/hashicorp/go-msgpack v1.1.5
exclude github.com/hashicorp/go-msgpack v1.1.6
tool github.com/hashicorp/consul
MOD
  (cd "$work/module" && go mod tidy && CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$work/" tool) >"$work/log" 2>&1 </dev/null \
    || { echo "go: $(tail -1 "$work/log")" >>"$work/reason"; return 1; }
  works "$work/consul" && mv "$work/consul" "$binary.new" && mv "$binary.new" "$binary"
}

from_debian || from_source || fail "no Consul: $(tr '\n' ';' <"$work/reason" | sed 's/;$//')"
works "$binary" || fail "$binary does not run"
echo "$binary"
