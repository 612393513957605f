package store

import (
	"guichet.example/portal/credentials"
	"guichet.example/portal/mail"
)

// addressOf is where the member is told of a change to how she gets in: the address
// that was shown to be hers, else the one on file; "" without either.
func addressOf(c *conn, a credentials.Account) (to string, err error) {
	if to = a.Email; !a.Certified() {
		if to, err = emailOnFile(c, a); err != nil {
			return "", err
		}
	}
	if _, err := mail.ParseAddress(to); err != nil {
		return "", nil
	}
	return to, nil
}

// emailOnFile is the address that the insurance system delivered, which may be none.
func emailOnFile(c *conn, a credentials.Account) (to string, err error) {
	err = c.get(`SELECT email FROM members WHERE mutuality = ? AND member = ?`, []any{a.Mutuality, string(a.Member)}, &to)
	return to, err
}

// eachOnce is each address to which a mail can be sent, once, however it is spelled.
func eachOnce(addresses ...string) []string {
	var list []string
	seen := map[string]bool{}
	for _, address := range addresses {
		if folded, err := credentials.FoldEmail(address); err == nil && !seen[folded] {
			seen[folded] = true
			list = append(list, address)
		}
	}
	return list
}

// sameAddress says whether both are one address, however they are spelled.
func sameAddress(a, b string) bool {
	one, err := credentials.FoldEmail(a)
	other, bad := credentials.FoldEmail(b)
	return err == nil && bad == nil && one == other
}
