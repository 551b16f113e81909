#!/bin/sh
# Fetches this gateway's configuration and asks for one decision: ./check.sh METHOD PATH [TOKEN]
# Ends with 0 when the request may pass. Secrets go through pipes: anybody can see the arguments of a program.
set -eu
method=${1:?./check.sh METHOD PATH [TOKEN]}
path=${2:?./check.sh METHOD PATH [TOKEN]}
user=${3-}
. "$(dirname "$0")/.env"

answer=$(printf '%s' "$CLIENT_SECRET" | curl -sS --fail --data-urlencode grant_type=client_credentials \
    --data-urlencode "client_id=$CLIENT_ID" --data-urlencode client_secret@- "$ISSUER_URL/oauth2/token")
token=$(printf '%s' "$answer" | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')

echo "configuration:"
printf 'Authorization: Bearer %s\n' "$token" |
    curl -sS --fail -H @- "$PORTCULLIS_URL/api/system/$TENANT_ID/gateways/configuration"
echo

status=$({
    printf 'X-Gateway-Authorization: Bearer %s\n' "$token"
    [ -z "$user" ] || printf 'Authorization: Bearer %s\n' "$user"
} | curl -sS -o /dev/stderr -w '%{http_code}' -H @- -H "X-Original-Method: $method" -H "X-Original-URI: $path" \
    "$PORTCULLIS_URL/api/system/$TENANT_ID/gateways/$GATEWAY_ID/authorize")
echo
echo "decision about $method $path: $status"
[ "$status" = 200 ]
