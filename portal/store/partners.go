package store

import (
	"context"
	"fmt"

	"guichet.example/portal/audit"
	"guichet.example/portal/mail"
)

// Partner is what a partner of the mutuality may be given of a member.
type Partner struct {
	Affiliation string `json:"affiliation"`
	GivenNames  string `json:"given_names"`
	Surname     string `json:"surname"`
	Language    string `json:"language"`
	// Email is there only if she was asked whether it may be passed on, and did not refuse:
	// the address she showed to be hers, else the one on file.
	Email string `json:"email,omitempty"`
}

// EachPartner gives every member to do, in the order of affiliation numbers. The list is
// noted in the audit trail before it is read.
func (db *DB) EachPartner(ctx context.Context, mutuality string, do func(Partner) error) error {
	note := db.ownEntry(ctx, mutuality, "", audit.Share, "")
	err := db.reveal(ctx, note, func(c *conn) error {
		return onSnapshot(c, func(c *conn) error {
			return c.each(`
				SELECT m.member, m.affiliation, m.given_names, m.surname, m.language, m.email, k.wrapped, c.email_sealed,
					c.email_certified_at IS NOT NULL,
					coalesce((SELECT s.given FROM consents s WHERE s.mutuality = m.mutuality AND s.member = m.member AND s.kind = ? ORDER BY s.at DESC LIMIT 1), 0)
				FROM members m JOIN member_keys k ON k.mutuality = m.mutuality AND k.member = m.member
				LEFT JOIN credentials c ON c.mutuality = m.mutuality AND c.member = m.member
				WHERE m.mutuality = ? ORDER BY m.affiliation, m.member`, []any{consentShare, mutuality},
				func(scan func(...any) error) error {
					p, err := db.partner(mutuality, scan)
					if err != nil {
						return err
					}
					return do(p)
				})
		})
	})
	if err != nil {
		return fmt.Errorf("listing members for partners: %w", err)
	}
	return nil
}

func (db *DB) partner(mutuality string, scan func(...any) error) (Partner, error) {
	var p Partner
	var member, onFile string
	var wrapped, sealed []byte
	var certified bool
	var given int
	err := scan(&member, &p.Affiliation, &p.GivenNames, &p.Surname, &p.Language, &onFile, &wrapped, &sealed, &certified, &given)
	if err != nil || given == 0 {
		return p, err
	}
	p.Email = onFile
	if certified && sealed != nil {
		key, err := db.unwrap(mutuality, member, wrapped)
		if err != nil {
			return p, err
		}
		text, err := key.open(sealedEmail, "", 1, sealed)
		if err != nil {
			return p, err
		}
		p.Email = string(text)
	}
	if _, err := mail.ParseAddress(p.Email); err != nil {
		p.Email = ""
	}
	return p, nil
}
