#!/bin/sh
# The image runs it once, when it makes the primary: the replica may follow, with the password.
set -eu
echo "host replication $POSTGRES_USER all scram-sha-256" >> "$PGDATA/pg_hba.conf"
