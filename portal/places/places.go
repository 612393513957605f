// Package places says where to go: the branches of the mutuality with their hours,
// and health professionals with what their agreement means for the price. Both are
// public, and tell nothing of members; what is searched stands in the address and in no log.
package places

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/page"
)

// Query is a search for professionals. At least one of Name and Place is there.
type Query struct {
	Name  string // folded: beginnings of words of the name, in any order
	Place string // postcode, or folded beginning of the city; may be empty
	After string // cursor: name key and number of the last one shown; empty: first page
}

// Store reads what the insurance system delivered.
type Store interface {
	// Branches lists all branches, at most 500.
	Branches(ctx context.Context, mutuality string) ([]core.Branch, error)
	// Where finds a postcode; ok is false if nobody knows it.
	Where(ctx context.Context, mutuality, postcode string) (p core.Postcode, ok bool, err error)
	// Providers lists professionals by name, those after q.After; next is the cursor of the
	// page that follows, "" if there is none.
	Providers(ctx context.Context, mutuality string, q Query, limit int) (list []core.Provider, next string, err error)
	Ages(ctx context.Context, mutuality string) (map[core.Kind]time.Time, error)
}

// Places is the area. All fields are required.
type Places struct {
	Store     Store
	Mutuality string // key in the store
	// Working says whether offices are open on a day at all.
	Working func(day time.Time) bool
	// Spend takes one search of the network's share; false if it had them all, and was
	// answered.
	Spend func(c *gin.Context) bool
	Now   func() time.Time
}

// Paths of the area, below the language.
const (
	branchesPath = "help/branches"
	doctorsPath  = "help/doctors"
)

// Route mounts the area.
func (p *Places) Route(r page.Routes) {
	r.GET(branchesPath, auth.Public, p.branches)
	r.GET(doctorsPath, auth.Public, p.doctors)
}
