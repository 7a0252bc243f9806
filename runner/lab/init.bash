# init.bash NAME…: the first process of a lab. It has fresh namespaces already. It says "bare", and waits until the
# program that made the lab has furnished it; then it copies NAME… of the project, says "ready", and stays until its input
# ends, which it does with that program, however that ends. LAB_ROOT is the project's directory.
set -eu

exec {root}<"$LAB_ROOT" # it is covered afterwards
echo bare
read -r _
if command -v ip >/dev/null; then ip link set lo up & fi

# The project: a copy, so that what a chapter writes is gone with the lab. Not busybox/ alone: as a mount of its own it
# would be seen inside of it, where no reader sees one.
if [ $# -gt 0 ]; then (cd "/proc/self/fd/$root" && exec cp -a -- "${@/#/./}" "$LAB_ROOT/"); fi
exec {root}<&-
wait
# Where the memory of the lab is limited, somebody else is to be killed for it.
echo -1000 >/proc/self/oom_score_adj 2>/dev/null || true
echo ready
# Not exec: what is orphaned in here has this shell for a parent, which waits for it.
while read -r _; do :; done
