#!/bin/sh
# The split-brain check that people paste from the web: the other node answers ping, and this one has the VIP.
# One turn of its loop; as there, the answer is in the words, and the exit code is always 0.
#
#   pasted_loop.sh PEER VIP
peer=$1
vip=$2
ping -c 2 -W 3 "$peer" >/dev/null 2>&1
if [ $? -eq 0 ] && [ "$(ip addr | grep -c "$vip")" -eq 1 ]; then
    echo "split brain"
else
    echo "ok"
fi
