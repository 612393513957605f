package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/contact"
	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
)

var _ contact.Store = (*DB)(nil)

// PutContact implements contact.Store. The task is nobody's: who wrote it is for staff
// to find out.
func (db *DB) PutContact(ctx context.Context, m contact.Message, source string) (reference string, err error) {
	task := office.Task{Mutuality: m.Mutuality, Kind: office.CannotConnect, Language: m.Lang, Created: m.At, Deadline: m.Deadline,
		Said: map[string]string{}}
	for word, text := range map[string]string{"name": m.Name, "affiliation": m.Number, "phone": m.Phone, "email": m.Email,
		"hours": m.Hours, "text": m.Text} {
		if text != "" {
			task.Said[word] = text
		}
	}
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		form := db.cfg.Keys.Index("contact form", m.Mutuality, m.Key)
		err := t.get(`SELECT reference FROM contact_forms WHERE mutuality = ? AND form_index = ?`, []any{m.Mutuality, form}, &reference)
		if m.Key != "" && !errors.Is(err, sql.ErrNoRows) {
			return err // sent before, or not to be known
		}
		var tried credentials.Tried
		if err := db.trySource(t, credentials.Try{Mutuality: m.Mutuality, Source: source, At: m.At}, &tried); err != nil {
			return err
		}
		made, err := t.task(db, task)
		if err != nil {
			return err
		}
		reference = made.Reference
		if m.Key != "" {
			_, err := t.exec(`INSERT INTO contact_forms (mutuality, form_index, reference, sent_at) VALUES (?, ?, ?, ?)`,
				m.Mutuality, form, reference, micros(m.At))
			if err != nil {
				return err
			}
		}
		return db.confirmContact(t, m, reference)
	})
	if err != nil {
		return "", fmt.Errorf("keeping a message: %w", err)
	}
	return reference, nil
}

// contactMails bounds what anybody can have sent to an address that he typed.
var contactMails = credentials.Limits{Known: 5, Unknown: 5}

// confirmContact writes to the address that was given, unless too much was lately.
func (db *DB) confirmContact(t *tx, m contact.Message, reference string) error {
	if m.Email == "" {
		return nil
	}
	_, err := db.try(t, credentials.Try{Mutuality: m.Mutuality, Nobody: true, Limits: contactMails, At: m.At,
		Handle: credentials.Handle{Kind: "other contact", Value: strings.ToLower(m.Email)}})
	var wait *credentials.WaitError
	if errors.Is(err, credentials.ErrClosed) || errors.As(err, &wait) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.mail(db, mail.Message{Mutuality: m.Mutuality, To: m.Email, Template: mail.ContactReceived, Lang: m.Lang,
		Values: map[string]string{string(mail.Reference): reference, string(mail.By): m.Deadline.In(locale.Zone()).Format(time.DateOnly)}})
}

// keepForms is how long a form sent again is still the same message.
const keepForms = 24 * time.Hour

func sweepContacts(t *tx, now time.Time) (int64, error) {
	return t.exec(`
		DELETE FROM contact_forms WHERE (mutuality, form_index) IN
			(SELECT mutuality, form_index FROM contact_forms WHERE sent_at < ? ORDER BY sent_at LIMIT ?)`,
		micros(now.Add(-keepForms)), sweepRows)
}
