#!/bin/sh
# A container in shell, with unshare(1) and chroot(1), to show that the tests of chapters 02 and 04 do not care.
#
#     container.sh 2|4 ROOTFS COMMAND [ARGUMENT...]
#
# chroot(1) has the exit codes 125 to 127 itself. Where the tests are about signals, descriptors, the terminal and the one
# line that says what failed, it falls short: a shell cannot do all of it.
chapter=$1
shift
[ $# -ge 2 ] || { echo 'container.sh: usage: container.sh 2|4 ROOTFS COMMAND [ARGUMENT...]' >&2; exit 125; }
[ -d "$1" ] || { echo "container.sh: $1: no such directory" >&2; exit 125; }
[ "$2" ] || { echo 'container.sh: "": no such command' >&2; exit 127; }
case $chapter in
  2) setpriv --pdeathsig KILL chroot "$@" ;;
  4) exec unshare --uts --pid --fork --mount --net --ipc --kill-child -- sh -c '
       mount -t proc proc "$1/proc" || exit 125
       exec env --default-signal chroot "$@"' sh "$@" ;;
esac
