// Package signing makes and checks PAdES baseline signatures (ETSI EN 319 142-1).
//
// A signature is made in two phases, since the key is in a card at the member's side:
//
//	Prepare    the final bytes but for the hole of Contents, the signed attributes,
//	           and the digest the card signs; stored, valid in any process
//	Complete   the signature value verified and put into the hole: PAdES B-B
//
// Nothing after Prepare depends on time or chance, so completing twice with one value
// gives the same bytes. [Extender] then adds what services answer: a timestamp in the
// same hole (B-T), certificates and revocation evidence in a DSS (B-LT), a document
// timestamp over them (B-LTA). It never needs the card. A file that others wrote goes
// through [Inspect] first, which refuses with the reason, an [UnsuitableError].
//
// The mutuality's own key is at hand: [Sealer] does both phases at once, for a document
// that a member approved by another proof, or that only says what was received. It is a
// signature of the same form by an organisation, and the report calls it a seal.
//
// Every change is an incremental update (ISO 32000-1, 7.5.6): the bytes the member
// read are a prefix of the bytes she signed, and those a prefix of what is stored.
//
// [Verify] trusts nothing it is given: a strict reader without repair, every revision
// after a signature compared object by object, paths from pinned anchors only. Its
// report keeps integrity, coverage, later changes, chain and level apart, and speaks
// the words of EN 319 102-1.
//
// An archive timestamp holds as long as its own certificates and algorithms do. [Extender.Renew]
// puts a new one over it in time, [NextRenewal] says until when; so a signature can be
// checked when nobody answers any more for those who made it.
//
// To begin, one needs the file and, for each call, little more:
//
//	Prepare         the signer's path: certs.LoadTrustAnchors, then TrustAnchors.Path
//	Complete        the value from the card, as any card gives it: see [SignatureValue]
//	Sealer.Seal     a crypto.Signer, its certificate, the anchors
//	Extender        a [TSA] from B-T on, a revocation.Checker from B-LT on, the anchors
//	Verify          the anchors; services are asked only if [Trust] names one
//
// Each has an example that runs. [Report.Sentence] is the answer: what is [ValidToday] or
// [ValidThen] can be relied on. [Report.Valid] says less, that every signature holds: a later
// one may show something that those before it did not sign ([Added]). The rest of the
// [Report] says why.
//
// Visible signatures are drawn with the fonts of folder document, which is why this package
// imports it; the letters that are drawn there are of no concern here, any PDF will do.
//
// Beside it stand package certs, for trust anchors and the path of a signer, its folder
// revocation, for OCSP and CRL, and signing/hsm, whose key is a crypto.Signer like any
// other. Conditions a caller branches on are errors for [errors.Is].
//
// Locks are kept (FieldMDP and the entry Lock of signature fields), and beyond them any
// form fill after signing is a change. Not covered: signatures in BER, encrypted files.
package signing
