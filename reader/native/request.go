package native

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/internal/exact"
)

// The commands.
const (
	authenticate   = "authenticate"
	getCertificate = "get-signing-certificate"
	sign           = "sign"
	quit           = "quit"
)

// Bounds of what a request holds: those of the Web eID app.
const (
	maxOrigin       = 255 // characters
	maxHashFunction = 8   // characters
)

var (
	// errCommand means a message that is no command. The Web eID app calls that fatal.
	errCommand = errors.New("not a command")
	// errArgument means a command whose arguments are not what it takes. The site, or the
	// extension, made a mistake that trying again does not mend.
	errArgument = errors.New("invalid argument")
)

// request is a command whose arguments hold to the rules.
type request struct {
	command string
	lang    string // two letters, or ""
	origin  string // of the page; "" only for quit

	nonce string // authenticate

	certificate *x509.Certificate // sign, and the rest
	digest      []byte
	hash        crypto.Hash
}

// envelope is every request. Lang is allowed wherever it may stand.
type envelope struct {
	Command   string          `json:"command"`
	Arguments json.RawMessage `json:"arguments"`
	Lang      string          `json:"lang"`
}

type quitArguments struct {
	Lang string `json:"lang"`
}

type certificateArguments struct {
	Origin string `json:"origin"`
	Lang   string `json:"lang"`
}

type authenticateArguments struct {
	ChallengeNonce string `json:"challengeNonce"`
	Origin         string `json:"origin"`
	Lang           string `json:"lang"`
}

type signArguments struct {
	Hash         string `json:"hash"`
	HashFunction string `json:"hashFunction"`
	Certificate  string `json:"certificate"`
	Origin       string `json:"origin"`
	Lang         string `json:"lang"`
}

// parseRequest reads a command with its exact set of arguments: none missing, none more,
// none twice. Errors: errCommand, errArgument.
func parseRequest(message []byte) (request, error) {
	var e envelope
	switch err := exact.Decode(message, &e); {
	case errors.Is(err, exact.ErrSyntax), e.Command == "" && err == nil, len(e.Arguments) == 0 && err == nil:
		return request{}, fmt.Errorf("%w: no JSON object with command and arguments", errCommand)
	case err != nil:
		return request{}, fmt.Errorf("%w: %w", errArgument, err)
	}
	r := request{lang: e.Lang}
	if err := checkLang(e.Lang); err != nil {
		return request{}, err
	}
	read, ok := map[string]func(*request, []byte) error{
		quit: readQuit, getCertificate: readCertificate, authenticate: readAuthenticate, sign: readSign,
	}[e.Command]
	if !ok {
		return request{}, fmt.Errorf("%w: %.40q", errCommand, e.Command)
	}
	r.command = e.Command
	if err := read(&r, e.Arguments); err != nil {
		return request{}, err
	}
	return r, nil
}

func decode(arguments []byte, into any) error {
	if err := exact.Decode(arguments, into); err != nil {
		return fmt.Errorf("%w: %w", errArgument, err)
	}
	return nil
}

func readQuit(r *request, arguments []byte) error {
	var a quitArguments
	if err := decode(arguments, &a); err != nil {
		return err
	}
	return r.setLang(a.Lang)
}

func readCertificate(r *request, arguments []byte) error {
	var a certificateArguments
	if err := decode(arguments, &a); err != nil {
		return err
	}
	r.origin = a.Origin
	return errors.Join(checkOrigin(a.Origin), r.setLang(a.Lang))
}

func readAuthenticate(r *request, arguments []byte) error {
	var a authenticateArguments
	if err := decode(arguments, &a); err != nil {
		return err
	}
	r.origin, r.nonce = a.Origin, a.ChallengeNonce
	return errors.Join(checkOrigin(a.Origin), checkNonce(a.ChallengeNonce), r.setLang(a.Lang))
}

func readSign(r *request, arguments []byte) error {
	var a signArguments
	if err := decode(arguments, &a); err != nil {
		return err
	}
	r.origin = a.Origin
	return errors.Join(checkOrigin(a.Origin), r.setHash(a.Hash, a.HashFunction), r.setCertificate(a.Certificate), r.setLang(a.Lang))
}

func (r *request) setLang(lang string) error {
	if lang != "" {
		r.lang = lang
	}
	return checkLang(lang)
}

// checkLang accepts two letters; that we do not speak them is no error.
func checkLang(lang string) error {
	if lang != "" && (len(lang) != 2 || strings.Trim(lang, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return fmt.Errorf("%w: lang is not of two letters", errArgument)
	}
	return nil
}

func checkNonce(nonce string) error {
	if len(nonce) < reader.MinNonce || len(nonce) > reader.MaxNonce {
		return fmt.Errorf("%w: challengeNonce is not of %d to %d characters", errArgument, reader.MinNonce, reader.MaxNonce)
	}
	for _, b := range []byte(nonce) {
		if b <= ' ' || b > '~' {
			return fmt.Errorf("%w: challengeNonce is not plain text", errArgument)
		}
	}
	return nil
}

// checkOrigin accepts what a browser calls the origin of an https page or, as the Web eID
// app does, wss: scheme, host and a port that is not the default one, in lower case and
// ASCII. http never, not even on this machine: who wants that sets the extension's option,
// which rewrites it.
func checkOrigin(origin string) error {
	bad := fmt.Errorf("%w: origin is not that of an https page", errArgument)
	if len(origin) > maxOrigin {
		return bad
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "wss" || u.Scheme+"://"+u.Host != origin {
		return bad
	}
	if u.Port() == "443" || strings.HasSuffix(u.Host, ":") || !isHost(u.Host, u.Hostname()) {
		return bad
	}
	return nil
}

// isHost accepts an IP address as browsers write it, or labels of letters, digits, hyphens
// and underscores.
func isHost(withPort, host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		bracketed := strings.HasPrefix(withPort, "[")
		return ip.String() == host && bracketed == strings.Contains(host, ":")
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// hashLengths are the functions that the protocol knows, with their lengths in bytes. Those
// that no Belgian card signs are refused here, and not by the card after the PIN.
var hashLengths = map[string]int{
	"SHA-224": 28, "SHA-256": 32, "SHA-384": 48, "SHA-512": 64,
	"SHA3-224": 28, "SHA3-256": 32, "SHA3-384": 48, "SHA3-512": 64,
}

func (r *request) setHash(text, function string) error {
	length, known := hashLengths[function]
	if len(function) > maxHashFunction || !known {
		return fmt.Errorf("%w: hashFunction is none of the protocol's", errArgument)
	}
	hash, ok := reader.WebEIDHash(function)
	if !ok {
		return fmt.Errorf("%w: no card here signs %s", errArgument, function)
	}
	digest, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(digest) != length {
		return fmt.Errorf("%w: hash does not fit hashFunction", errArgument)
	}
	r.digest, r.hash = digest, hash
	return nil
}

func (r *request) setCertificate(text string) error {
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return fmt.Errorf("%w: certificate is not base64", errArgument)
	}
	certificate, err := certs.Parse(der)
	if err != nil {
		return fmt.Errorf("%w: certificate does not parse", errArgument)
	}
	if certs.Signature.Check(certificate) != nil {
		return fmt.Errorf("%w: certificate is not for signatures", errArgument)
	}
	r.certificate = certificate
	return nil
}
