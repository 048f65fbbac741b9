#!/usr/bin/env bash
# Another release of keepalived for the lab: that of a Debian suite (bullseye, trixie, sid), or with SITE of an Ubuntu
# one (focal), with the libraries it was built for, beside the one that is installed. Prints the directory it lies in,
# to be named in HAWATCH_LAB_KEEPALIVED.
#
#   bash deploy/lab/keepalived_release.sh SUITE [SITE]
#
# It is fetched by apt with apt's own checks, from SITE or where this host's packages come from, and unpacked, not
# installed. The keys that a SITE signs with have to lie in /usr/share/keyrings (SOMETHING-archive-keyring.gpg).
set -euo pipefail

suite=${1:?usage: keepalived_release.sh SUITE [SITE]}
[[ $suite =~ ^[a-z-]+$ ]] || { echo "keepalived_release: $suite: not the name of a suite" >&2; exit 2; }
place=/var/cache/hawatch-keepalived/$suite
program=$place/sbin/keepalived
if [[ -x $program ]]; then
  echo "$place/sbin"
  exit
fi

say() { echo "keepalived_release: $*" >&2; }
[[ $EUID -eq 0 ]] || { say "root is needed"; exit 1; }
command -v patchelf >/dev/null || { say "installing patchelf"; apt-get -qq -y -o DPkg::Lock::Timeout=300 install patchelf >/dev/null; }

apt=$place/apt
rm -rf "$place"
mkdir -p "$apt"/etc/apt/{sources.list.d,preferences.d,apt.conf.d} "$apt"/var/lib/{apt/lists/partial,dpkg} \
  "$apt/var/cache/apt/archives/partial" "$place"/{root,sbin}
touch "$apt/var/lib/dpkg/status"
site=${2:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | sort -u | head -n 1)}
[[ -n $site ]] || { say "apt knows no source of packages"; exit 1; }
keys=$(printf '%s\n' /usr/share/keyrings/*-archive-keyring.gpg | paste -sd ,)
echo "deb [signed-by=$keys] $site $suite main" >"$apt/etc/apt/sources.list"
apt_get() {
  apt-get -qq -o Dir="$apt" -o Dir::State::status="$apt/var/lib/dpkg/status" -o APT::Install-Recommends=false \
    -o APT::Sandbox::User=root "$@"
}
say "fetching keepalived of $suite"
apt_get update >&2
apt_get -y --download-only install keepalived >&2
for package in "$apt"/var/cache/apt/archives/*.deb; do
  dpkg -x "$package" "$place/root"
done
version=$(dpkg-deb --field "$apt"/var/cache/apt/archives/keepalived_*.deb Version)
rm -rf "$apt"

loader=$(find "$place/root" -name 'ld-linux-x86-64.so.2' -o -name 'ld-linux-aarch64.so.1' | head -n 1)
while [[ -L $loader ]]; do # links lead out of the unpacked tree when they are absolute
  target=$(readlink "$loader")
  case $target in /*) loader=$place/root$target ;; *) loader=$(dirname "$loader")/$target ;; esac
done
libraries=$(find "$place/root" -maxdepth 3 -type d -path '*/lib/*-linux-gnu' | paste -sd :)
cp "$place/root/usr/sbin/keepalived" "$program.new"
patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$program.new"
find "$place/root/etc/keepalived" -name '*.config-opts' -exec cp {} "$place/sbin" \;
mv "$program.new" "$program"
say "$suite has keepalived $version"
echo "$place/sbin"
