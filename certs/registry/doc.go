// Package registry reads the identity files of Belgian identity cards and says whether the
// national registry signed them.
//
//	module of the card ──▶ Files ──▶ Verify(files, certificates on the card, anchors, at) ──▶ *Identity
//
// The files are TLV (identity, address), a photo, two signatures and the certificate of the
// registry that made them. Nothing of them is believed before the certificate leads to an
// anchor and both signatures hold. Where a module gives out no files, IdentityOf makes do
// with the authentication certificate and says so in Source. No card is asked here: who
// has the files, a reader's program or a portal to which one sent them, may check them.
package registry
