#!/bin/sh
# No test that is about a container may pass for this program: it runs the command where it is itself.
shift
exec "$@"
