package store

import (
	"guichet.example/auth"
	"guichet.example/portal/mail"
)

// notice mails a member that something happened, in the act's own commit: to her certified
// address, else to the one on file, which may be none; unless she stopped such notices.
func (db *DB) notice(t *tx, mutuality string, member auth.MemberID, about mail.Template, values map[mail.Value]string) error {
	m, ok, err := db.noticeOf(t, mutuality, member, about, values)
	if err != nil || !ok {
		return err
	}
	return t.mail(db, m)
}

// noticeOf is the mail of a notice; ok is false where there is none to send.
func (db *DB) noticeOf(t *tx, mutuality string, member auth.MemberID, about mail.Template, values map[mail.Value]string) (m mail.Message, ok bool, err error) {
	if about.Optional() {
		var stopped int
		err := t.get(`SELECT count(*) FROM notice_stops WHERE mutuality = ? AND member = ? AND notice = ?`,
			[]any{mutuality, string(member), string(about)}, &stopped)
		if err != nil || stopped > 0 {
			return m, false, err
		}
	}
	a, _, err := db.account(t.conn, mutuality, member)
	if err != nil {
		return m, false, err
	}
	to, err := addressOf(t.conn, a)
	if err != nil || to == "" {
		return m, false, err
	}
	said := map[string]string{}
	for v, text := range values {
		said[string(v)] = text
	}
	return mail.Message{Mutuality: mutuality, Member: member, To: to, Template: about, Lang: a.Language, Values: said}, true, nil
}
