#!/bin/sh
# Runs nginx from this folder, in the foreground. It writes nothing outside of it.
set -eu
cd "$(dirname "$0")"
mkdir -p logs tmp
exec nginx -p "$PWD/" -c nginx.conf -e logs/error.log -g 'daemon off;'
