#!/bin/sh
# PID 1 of a node. It makes the node's private file system, says "ready", and lives until the lab closes
# its standard input (or dies): then the kernel ends everything in this PID namespace with it.
#
#   init.sh LABEL HOSTNAME STAGE DAD DISABLE_IPV6 [FROM TO ro|rw]...
#
# FROM is a directory of the host, carried to TO in the node.
set -eu
umask 022
label=$1 name=$2 stage=$3 dad=$4 disable_ipv6=$5
shift 5
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

echo "$name" >/proc/sys/kernel/hostname
for scope in all default; do
  echo 0 >/proc/sys/net/ipv4/conf/$scope/rp_filter
  echo "$disable_ipv6" >/proc/sys/net/ipv6/conf/$scope/disable_ipv6
  echo "$dad" >/proc/sys/net/ipv6/conf/$scope/accept_dad
  echo "$dad" >/proc/sys/net/ipv6/conf/$scope/dad_transmits
done

mount -t sysfs sysfs /sys # the one of this network namespace
mount -t tmpfs -o mode=0755 "$label" "$stage"
mkdir "$stage/run" "$stage/run/carried"

# First everything that comes from the host, since the private directories may hide where it lies.
number=0
for argument in "$@"; do
  case $((number % 3)) in
  0)
    mkdir "$stage/run/carried/$number"
    mount --rbind "$argument" "$stage/run/carried/$number"
    ;;
  esac
  number=$((number + 1))
done

# Copies on write, so that mount points can be made without leaving them behind on the host.
for place in etc opt var/lib; do
  mkdir -p "$stage/overlay/$place/upper" "$stage/overlay/$place/work"
  mount -t overlay -o "lowerdir=/$place,upperdir=$stage/overlay/$place/upper,workdir=$stage/overlay/$place/work" \
    overlay "/$place"
done
mount --rbind "$stage/run" /run
umount -R -l "$stage"
# What tells one host from another.
echo "$name" >/etc/hostname
tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
cat /proc/sys/kernel/random/uuid >/run/boot_id
mount --bind /run/boot_id /proc/sys/kernel/random/boot_id
mount -t tmpfs -o mode=1777 "$label" /tmp

number=0
while [ $# -gt 0 ]; do
  mkdir -p "$2"
  mount --rbind "/run/carried/$number" "$2"
  case $3 in ro) mount -o remount,bind,ro "$2" ;; esac
  umount -R -l "/run/carried/$number"
  rmdir "/run/carried/$number"
  number=$((number + 3))
  shift 3
done
rmdir /run/carried

echo ready
exec >/dev/null
# It reads until the lab closes the other end; the comment names the node in a process list. Since it ignores
# the signal (which a shell's trap would not hand on), the kernel reaps orphans by itself.
exec env --ignore-signal=CHLD sed -n "# $label"
