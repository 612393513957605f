// Package soak holds the counter against faults from outside: it starts real `guichet
// serve` processes, walks members through them over HTTP with software cards, kills
// them, fills their disk, lets their services lie, and then checks what must never
// happen. It knows no more than
//
//	journal   what each member asked and was told, on disk before her next request
//	cards     every digest a card signed, on disk before the value leaves the card
//	export    the audit trail as `guichet audit export` writes it
//	vault     every document as it downloads, judged by pdfsig and `guichet verify`
//
//	members ──HTTP──▶ guichet serve ──▶ OCSP, CRL, timestamps (certs/certstest)
//	   │                  ▲ SIGKILL, full disk, failed sync
//	   └── journal, cards ─┴─▶ checks N1 to N5, N8, N11, N12 ──▶ findings
//
// At the reader (F11) a real guichet-reader, serve or native-host, stands between the
// member and cards of reader/softcard, which leave, count tries, hang and crash; what
// must not be found in any memory or file is the PIN.
//
//	members ──HTTP, pipes──▶ guichet-reader ──▶ its child with the module ──▶ soft cards
//
// Each check is a function from evidence to findings, so that it can be shown to go
// red on a planted fault (red_test.go). Where the clock must move, the counter runs in
// this process with a clock of ours (inside_test.go); nothing else is replaced.
//
// There is nothing here but tests: few rounds in make test, the full counts with
// GUICHET_SOAK set, as make soak does. Needed: pdfsig, strace, and the right to mount
// a tmpfs.
package soak
