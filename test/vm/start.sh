#!/bin/sh
# Started by skdocker.service in the machine: fetches the project, and runs what comes with it. All else is in
# inside.sh, so that a change there does not need a new disk.

modprobe virtio_console
for file in virtio-ports/output virtio-ports/result disk/by-id/virtio-modules disk/by-id/virtio-project; do
  until [ -e "/dev/$file" ]; do sleep 0.2; done
done
exec >/dev/virtio-ports/output 2>&1
mkdir /skdocker && tar -xf /dev/disk/by-id/virtio-project -C /skdocker && exec sh /skdocker/vm-run.sh
