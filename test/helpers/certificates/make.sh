#!/bin/sh
# Makes the certificates of the mTLS tests anew. They prove nothing to anybody: the keys are public, and nobody trusts the
# authority. Valid for 100 years, and committed, because a fresh machine may have no openssl.
set -eu
cd "$(dirname "$0")"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500"
openssl req -x509 $key -subj "/CN=everspring test authority" -keyout ca.key -out ca.pem
openssl req -x509 $key -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
  -addext "basicConstraints=critical,CA:FALSE" -CA ca.pem -CAkey ca.key -keyout server.key -out server.pem
openssl req -x509 $key -subj "/CN=everspring test client" \
  -addext "basicConstraints=critical,CA:FALSE" -CA ca.pem -CAkey ca.key -keyout client.key -out client.pem
rm ca.key
