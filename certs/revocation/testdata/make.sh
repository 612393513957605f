#!/bin/sh
# Makes the vectors of this directory with OpenSSL, which shares no code with the parsers
# that read them. Run it here; the keys are thrown away.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$PWD
cd "$work"
cat > ext.cnf <<X
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
keyUsage = critical,digitalSignature
authorityKeyIdentifier = keyid
authorityInfoAccess = OCSP;URI:http://ocsp.example/
[responder]
keyUsage = critical,digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
authorityKeyIdentifier = keyid
[authority]
database = index.txt
crlnumber = crlnumber
default_md = sha256
certificate = ca.pem
private_key = ca.key
default_crl_days = 3650
X
for name in ca leaf other responder; do openssl ecparam -name prime256v1 -genkey -noout -out $name.key; done
openssl req -config ext.cnf -new -x509 -key ca.key -subj "/C=BE/CN=Vector CA" -days 3650 -sha256 -extensions ca -out ca.pem
serial=4096
for name in leaf other responder; do
	serial=$((serial + 1))
	kind=$name; [ $name = other ] && kind=leaf
	openssl req -config ext.cnf -new -key $name.key -subj "/C=BE/CN=Vector $name" -out $name.csr
	openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -set_serial $serial -days 3650 -sha256 -extfile ext.cnf -extensions $kind -out $name.pem 2>/dev/null
done
printf 'V\t360101000000Z\t\t1001\tunknown\t/C=BE/CN=Vector leaf\n' > index.txt
printf 'R\t360101000000Z\t260101120000Z,keyCompromise\t1002\tunknown\t/C=BE/CN=Vector other\n' >> index.txt
echo 01 > crlnumber
answer() {
	openssl ocsp -issuer ca.pem -cert $1.pem $2 -reqout request.der
	openssl ocsp -index index.txt -CA ca.pem -rsigner $3.pem -rkey $3.key -reqin request.der -ndays 3650 -respout "$here/$4" $5 >/dev/null
}
answer leaf "-nonce" responder good.ocsp ""
answer leaf "-no_nonce" responder good-by-key.ocsp "-resp_key_id"
answer leaf "-nonce" ca good-by-issuer.ocsp "-resp_no_certs"
answer other "-nonce" responder revoked.ocsp ""
answer responder "-no_nonce" responder unknown.ocsp ""
openssl ca -gencrl -config ext.cnf -name authority -out crl.pem 2>/dev/null
openssl crl -in crl.pem -outform DER -out "$here/list.crl"
for name in ca leaf other responder; do openssl x509 -in $name.pem -outform DER -out "$here/$name.crt"; done
