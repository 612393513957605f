// Package kiosk is the counter at a contact point: machines that many people use one
// after the other, each with an eID card.
//
// A kiosk has a key of its own. An administrator makes a one-use code; the machine sends
// it with its public key, signed, and is paired. From then on its agent holds a lease:
// it says every few seconds that it lives, tells which browser is its own, and says at
// once when a card comes out. The words between the two are in package reader/api.
//
//	agent   ──▶ start ──▶ lease        browser ──▶ cookie ◀── bind ── agent
//	agent   ──▶ beat, beat, …          member's card ──▶ session, bound to the lease
//	agent   ──▶ card-out ──▶ the session ends, in the same transaction
//
// A session that began at a kiosk lives only while the lease it began in does: no beat
// for Times.Silence, another lease, or a key that is suspended or revoked, and the next
// request of the browser finds nobody signed in, on every server.
//
// A key that was copied shows: the counter goes back or repeats, or a second lease begins
// while the first lives. The key is suspended at once, with an alert, until an
// administrator pairs the machine anew.
package kiosk
