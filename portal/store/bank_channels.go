package store

import (
	"errors"
	"time"

	"guichet.example/portal/credentials"
	"guichet.example/portal/mail"
)

// channels are the addresses at which a member was known before what she is told of: the
// one that was shown to be hers, the one on file, and those that a change of address of
// late replaced. Who took an account over first changes where its owner is told.
func (db *DB) channels(c *conn, a credentials.Account, now time.Time) ([]string, error) {
	var list []string
	if a.Certified() {
		list = append(list, a.Email)
	}
	onFile, err := emailOnFile(c, a)
	if err != nil {
		return nil, err
	}
	list = append(list, onFile)
	key, err := db.keyOf(c, a.Mutuality, a.Member)
	if err != nil {
		return nil, err
	}
	err = c.each(`
		SELECT code, payload_sealed FROM credential_codes
		WHERE mutuality = ? AND member = ? AND purpose = ? AND outcome = '' AND expires_at >= ? ORDER BY created_at`,
		[]any{a.Mutuality, string(a.Member), string(credentials.UndoEmail), micros(now)}, func(scan func(...any) error) error {
			var id string
			var sealed []byte
			if err := scan(&id, &sealed); err != nil {
				return err
			}
			before, err := key.open(sealedPayload, id, 1, sealed)
			list = append(list, string(before))
			return err
		})
	if err != nil {
		return nil, err
	}
	replaced, err := replacedEmails(c, key, now.Add(-replacedFor))
	return eachOnce(append(list, replaced...)...), err
}

// replacedFor is how long an address that was replaced is told of what the member is.
const replacedFor = 30 * 24 * time.Hour

// replacedEmails are the addresses that changes since then have replaced, whatever became
// of the links that undo them. One that was put in by somebody else and undone is among
// them: it learns nothing but that a change waits, and could only stop it.
func replacedEmails(c *conn, key memberKey, since time.Time) (list []string, err error) {
	err = c.each(`
		SELECT change, old_sealed FROM contact_changes
		WHERE mutuality = ? AND member = ? AND field = ? AND at >= ? ORDER BY change`,
		[]any{key.mutuality, key.member, emailField, micros(since)}, func(scan func(...any) error) error {
			var id string
			var sealed []byte
			if err := scan(&id, &sealed); err != nil {
				return err
			}
			old, err := key.open(sealedContactOld, id, 1, sealed)
			list = append(list, string(old))
			return err
		})
	return list, err
}

// tellChange writes to every channel that a change of account stopped, or is in force.
func (db *DB) tellChange(t *tx, a credentials.Account, template mail.Template, reference string) error {
	now := db.cfg.Now()
	to, err := db.channels(t.conn, a, now)
	for _, address := range to {
		err = errors.Join(err, t.mail(db, mail.Message{Mutuality: a.Mutuality, Member: a.Member, To: address, Template: template, Lang: a.Language,
			Values: map[string]string{string(mail.At): now.UTC().Format(time.RFC3339), string(mail.Reference): reference}}))
	}
	return err
}
