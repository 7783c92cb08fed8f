#!/bin/sh
# Runs a program in a folder that holds another system, with the host's places where they are outside:
#     enter.sh SYSTEM USER:GROUP FOLDER PLACE... -- PROGRAM ARGUMENT...
# Run it in a mount namespace of its own (unshare), so that the mounts end with the program.
set -e
system=$1 user=$2 folder=$3
shift 3
mount -t proc proc "$system/proc"
mount --rbind /dev "$system/dev"
while [ "$1" != -- ]; do
    mkdir -p "$system$1"
    mount --bind "$1" "$system$1"
    shift
done
shift
exec chroot --userspec="$user" "$system" sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
