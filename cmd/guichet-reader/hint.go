package main

import (
	"errors"
	"syscall"

	"guichet.example/certs"
	"guichet.example/certs/registry"
	"guichet.example/reader"
	"guichet.example/reader/native"
	"guichet.example/reader/pinentry"
	"guichet.example/reader/remote"
)

// hintFor names the next thing to do, where there is one.
func hintFor(err error) string {
	if errors.As(err, &certs.ExpiredError{}) {
		return "the municipality renews the certificates; the card itself may still be valid"
	}
	for _, h := range []struct {
		err  error
		hint string
	}{
		{reader.ErrModuleMissing, "install the Belgian eID middleware (eid.belgium.be), or name a module with -module"},
		{reader.ErrNoReader, "plug in the card reader; on Linux the service pcscd must run"},
		{reader.ErrNoCard, "insert the card, chip first"},
		{reader.ErrSeveralCards, "choose one with -reader; guichet-reader list shows their names"},
		{reader.ErrUnknownCard, "check that it is an identity card and that it is fully inserted"},
		{reader.ErrCardRemoved, "put the card back and start again"},
		{reader.ErrCardBusy, "close the other program that uses the card and start again"},
		{reader.ErrPINBlocked, "the municipality can unblock the card"},
		{reader.ErrNoSignatureCertificate, "this card signs in but cannot sign documents"},
		{remote.ErrEntry, "choose where the PIN is typed with -pin, or hand it over with -pin-fd"},
		{pinentry.ErrUnavailable, "install pinentry, or choose another place with -pin"},
		{reader.ErrNotSupported, "the Belgian eID middleware signs with every Belgian card; OpenSC does not"},
		{syscall.EADDRINUSE, "perhaps guichet-reader serve runs already; end it, or choose another port with -listen"},
		{native.ErrForeign, "write over it with -force, and that program is no longer used by the extension"},
		{registry.ErrNotAuthentic, "check the folder given with -trust; if it is right, do not rely on this card"},
	} {
		if errors.Is(err, h.err) {
			return h.hint
		}
	}
	return ""
}
