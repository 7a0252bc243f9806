#!/bin/sh
# A brain in a vat: what can somebody who is in here find out about where here is? Run it on the host as well.
# Every line has what was looked at, what was seen, and what that proves.

say() { printf '%s\n    seen:   %s\n    proves: %s\n' "$1" "$2" "$3"; clues=$((clues + ${4:-0})); }
clues=0

first=$(tr '\0' ' ' < /proc/1/cmdline)
case "$first" in
  */init* | init* | */systemd*) say 'Who is process 1?' "$first" 'nothing: an init may be put into a container too' ;;
  *) say 'Who is process 1?' "$first" 'little: no machine boots into this, but one could be told to' ;;
esac

if [ "$(cat /proc/2/comm 2>/dev/null)" = kthreadd ]; then
  say 'Are there threads of the kernel?' 'process 2 is kthreadd' 'that this is the first pid namespace of this kernel'
else
  say 'Are there threads of the kernel?' 'process 2 is not kthreadd' 'that this is not the first pid namespace' 1
fi

# include/linux/proc_ns.h of Linux: the first namespaces have numbers that never change.
for pair in uts:4026531838 ipc:4026531839 pid:4026531836; do
  kind=${pair%:*} inode=${pair#*:}
  seen=$(readlink "/proc/self/ns/$kind")
  if [ "$seen" = "$kind:[$inode]" ]; then
    say "Which $kind namespace is this?" "$seen" 'that it is the one this kernel made first'
  else
    say "Which $kind namespace is this?" "$seen" "that somebody made it: the first one is $inode" 1
  fi
done

group=$(cut -d: -f3 /proc/self/cgroup | grep -v '^/$' | head -n 1)
case "$group" in
  */skdocker/* | */docker/* | */libpod* | */kubepods*)
    say 'In which cgroup am I?' "$group" 'who made this container, unless somebody forged it' 1 ;;
  *) say 'In which cgroup am I?' "${group:-/}" 'nothing: a cgroup namespace would show the same' ;;
esac

root=$(awk '$5 == "/" { for (i = 7; i < NF; i++) if ($i == "-") print $(i + 1) }' /proc/self/mountinfo | tail -n 1)
case "$root" in
  overlay) say 'On what does / stand?' "$root" 'little: it smells of an image, but a live system boots from one as well' 1 ;;
  *) say 'On what does / stand?' "$root" 'nothing' ;;
esac

printf '\n'
if [ "$clues" -eq 0 ]; then
  echo 'No clue: either this is the machine, or whoever built the vat was thorough (a virtual machine is).'
else
  echo "$clues clues: I am in a container. The kernel told me, because it does not lie about its own numbers."
fi
echo 'What no look from here can tell: whether the kernel itself runs on a machine or in one that is simulated.'
