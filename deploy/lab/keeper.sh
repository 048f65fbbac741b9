#!/bin/sh
# Keeps a lab alive after its process has ended, by holding the pipes of its nodes open; SIGTERM ends both.
#
#   keeper.sh DIRECTORY LABEL
trap '' HUP INT
sleep infinity &
trap 'kill $!; rm -rf -- "$1"; exit' TERM
wait $!
