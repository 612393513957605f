package portal

import (
	"context"
	"fmt"
	"slices"

	"guichet.example/auth"
	"guichet.example/portal/cover"
	"guichet.example/portal/indemnities"
	"guichet.example/portal/requests"
	"guichet.example/portal/rights"
	"guichet.example/signing/document"
)

// RightsStore keeps what the insurance system says of a member's cover, rights and
// incapacity; *store.DB is the one in use.
type RightsStore interface {
	cover.Store
	rights.Store
	indemnities.Store
	indemnities.DeskStore
}

// RightsSettings say when the pages warn that something ends.
type RightsSettings struct {
	// FileUrgent and FileSoon are how many days before a medical file ends its holder is
	// told loudly and quietly. Empty: 30 and 60.
	FileUrgent int `json:"file_urgent_days"`
	FileSoon   int `json:"file_soon_days"`
	// AgreementEnding is how many days before an agreement ends it is marked. Empty: 30.
	AgreementEnding int `json:"agreement_ending_days"`
	// StatementYears is how many calendar years before the present one a statement of
	// indemnities can be of, at most 30. Empty: 9.
	StatementYears int `json:"statement_years"`
	// RefundMonths is the period that the list of refunds opens with: 1, 3 or 12. Empty: 1.
	RefundMonths int `json:"refund_months"`
	// MafYears is how many years of maximum billing are shown, with the present one, at most
	// 10. Empty: 3.
	MafYears int `json:"maf_years"`
}

// Check refuses days that make no warning, and periods that no page offers. An error names
// the setting.
func (s RightsSettings) Check() error {
	for name, days := range map[string]int{"file_urgent_days": s.FileUrgent, "file_soon_days": s.FileSoon, "agreement_ending_days": s.AgreementEnding} {
		if days < 0 || days > 366 {
			return fmt.Errorf("%q: %d days, not 1 to 366", "mutuality.rights."+name, days)
		}
	}
	if s.FileSoon != 0 && s.FileSoon < s.FileUrgent {
		return fmt.Errorf("%q: %d days, less than those of %q", "mutuality.rights.file_soon_days", s.FileSoon, "file_urgent_days")
	}
	if s.StatementYears < 0 || s.StatementYears > 30 {
		return fmt.Errorf("%q: %d years, not 1 to 30", "mutuality.rights.statement_years", s.StatementYears)
	}
	if s.MafYears < 0 || s.MafYears > 10 {
		return fmt.Errorf("%q: %d years, not 1 to 10", "mutuality.rights.maf_years", s.MafYears)
	}
	if !slices.Contains([]int{0, 1, 3, 12}, s.RefundMonths) {
		return fmt.Errorf("%q: %d months, not 1, 3 or 12", "mutuality.rights.refund_months", s.RefundMonths)
	}
	return nil
}

func (p *Portal) cover() *cover.Cover {
	return &cover.Cover{Store: p.cfg.Store, Now: p.cfg.Now}
}

func (p *Portal) rights() *rights.Rights {
	s := p.cfg.Mutuality.Rights
	return &rights.Rights{Store: p.cfg.Store, Now: p.cfg.Now, Urgent: s.FileUrgent, Soon: s.FileSoon, Ending: s.AgreementEnding}
}

func (p *Portal) indemnities() *indemnities.Indemnities {
	return &indemnities.Indemnities{Store: p.cfg.Store, Issuer: issuer{p.sealing}, Mutuality: p.cfg.Mutuality.Letterhead, Now: p.cfg.Now,
		Years: p.cfg.Mutuality.Rights.StatementYears}
}

// issuer takes statements to the seal; without one it says that the seal is away.
type issuer struct{ sealing *requests.Sealing }

func (i issuer) Issue(ctx context.Context, login auth.Login, act document.Act, key string) (string, error) {
	r, err := i.sealing.Issue(ctx, login, act, key)
	return r.Document, err
}

func (p *Portal) medicalDesk() *indemnities.Desk {
	return &indemnities.Desk{Store: p.cfg.Store, Now: p.cfg.Now}
}
