package store

import (
	"context"
	"fmt"

	"guichet.example/portal/audit"
	"guichet.example/portal/jobs"
	"guichet.example/portal/mail"
)

// mail queues a mail in the act's own commit: if the act is there, so is the mail.
// mail.ErrMessage if it is not what its template asks for.
func (t *tx) mail(db *DB, m mail.Message) error {
	payload, err := m.Marshal()
	if err != nil {
		return err
	}
	return t.enqueue(db, jobs.Job{
		Kind: mail.JobKind, Mutuality: m.Mutuality, Member: m.Member, Key: m.Key, Payload: payload,
		Created: db.cfg.Now(),
	})
}

// QueueMail queues a mail that belongs to no other act of the store.
func (db *DB) QueueMail(ctx context.Context, m mail.Message) error {
	if err := db.write(ctx, audit.Entry{}, func(t *tx) error { return t.mail(db, m) }); err != nil {
		return fmt.Errorf("queueing mail: %w", err)
	}
	return nil
}
