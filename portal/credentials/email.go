package credentials

import (
	"context"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/mail"
)

// AskEmail sends a link to a new address; the address counts once it was opened.
// link makes the whole address of the page from the secret. Errors of Change.
func (s *Service) AskEmail(ctx context.Context, login auth.Login, c Change, address string, link func(secret string) string) error {
	if !c.Proven {
		if err := s.Prove(ctx, login, c.Current); err != nil {
			return err
		}
	}
	code, secret, err := s.NewCode(Grant{Member: login.Member, Purpose: ConfirmEmail, Payload: address})
	if err != nil {
		return err
	}
	return s.Store.PutMailedCode(ctx, login, code, secret, mail.Message{
		Mutuality: s.Mutuality, Member: login.Member, To: address, Template: mail.ConfirmEmail, Lang: login.Language, Until: code.Expires,
		Values: map[string]string{string(mail.Link): link(secret), string(mail.Until): code.Expires.UTC().Format(time.RFC3339)},
	})
}

// SwapEmail follows the link of a mail: ConfirmEmail puts the new address in the place
// of the old one and sends that a link to undo it, UndoEmail puts it back and ends every
// session. undo makes the address of the page that undoes. ErrCode, ErrCodeExpired.
func (s *Service) SwapEmail(ctx context.Context, p Purpose, secret string, undo func(secret string) string) error {
	code, back, err := s.NewCode(Grant{Purpose: UndoEmail})
	if err != nil {
		return err
	}
	return s.Store.SwapEmail(ctx, Swap{Mutuality: s.Mutuality, Purpose: p, Secret: secret, Undo: code, UndoSecret: back, UndoLink: undo(back), At: s.Now()})
}

// Swap is what Store.SwapEmail does in one transaction.
type Swap struct {
	Mutuality  string
	Purpose    Purpose // ConfirmEmail or UndoEmail
	Secret     string
	Undo       Code // without member and payload, which the store knows
	UndoSecret string
	UndoLink   string
	At         time.Time
}
