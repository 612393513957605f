// Package password hashes and judges passwords.
//
// A password passes three stations. [Prepare] brings it into one spelling (NFC, NIST SP
// 800-63B-4, 3.1.1.2) and bounds it without cutting anything off. [Policy.Check] says, when
// it is chosen, what is missing: length, a class a mutuality asks for, or that it is
// common, leaked, or made of what anybody knows about the member. [Gate] hashes it:
//
//	Argon2id (RFC 9106) 19 MiB, t=2, p=1 ─▶ HMAC-SHA-256 under a key that the database
//	does not hold ─▶ PHC string
//
// A stolen database gives nothing to try passwords on without the key as well.
//
// Hashing takes 20 ms of a core and 19 MiB. More at once than there are cores makes
// each slower and the process fat, so the gate is as wide as the cores, with a short
// queue before it: who finds the queue full, or waits too long, gets [ErrBusy] at once.
package password
