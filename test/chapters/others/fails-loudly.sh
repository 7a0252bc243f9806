#!/bin/sh
# No test may pass for this program, and each failure has to show what it says.
echo boom >&2
exit 1
